import Foundation
package import Model
package import Results

/// The recorded runs that the pages show.
package struct RunShelf: Sendable {
    package struct Entry: Sendable {
        package var name: String
        /// nil where the manifest cannot be read.
        package var manifest: RunManifest?
    }

    /// Products of a run that can be fetched, with their type.
    package static let products: [String: String] = [
        "report.html": "text/html; charset=utf-8", "rapport.html": "text/html; charset=utf-8",
        "report.pdf": "application/pdf", "rapport.pdf": "application/pdf",
        "report.json": "application/json", "report.csv": "text/csv; charset=utf-8",
    ]

    private let folder: SafeFolder

    /// - Parameter path: the folder of results.
    package init(path: String) { folder = SafeFolder(path: path) }

    /// Newest first.
    package var entries: [Entry] {
        folder.names.compactMap { name in
            guard let run = run(name) else { return nil }
            return Entry(name: name, manifest: try? run.readManifest())
        }
        .sorted { ($0.manifest?.began ?? 0, $0.name) > ($1.manifest?.began ?? 0, $1.name) }
    }

    /// A run of that name; nil for links, and for folders that are none.
    package func run(_ name: String) -> RunFolder? {
        guard let run = folder.folder(name), run.file("manifest.json") != nil else { return nil }
        return RunFolder(path: run.path)
    }

    /// The path of a product that is there.
    package func product(_ name: String, of run: String) -> String? {
        guard Self.products[name] != nil else { return nil }
        return folder.folder(run)?.file(name)
    }

    /// Removes a run with all that was recorded.
    /// - Throws: `Problem` when there is none of that name, or when it cannot be removed.
    package func delete(_ name: String) throws {
        guard let run = run(name) else { throw Problem(.usage, "there is no run \(name)") }
        do {
            try FileManager.default.removeItem(atPath: run.path)
        } catch {
            throw Problem(.machine, "\(name) cannot be removed: \(error.localizedDescription)")
        }
    }
}
