package import Experiments
import Foundation
package import Model

/// The experiment files that the pages show.
package struct ExperimentShelf: Sendable {
    package struct Entry: Sendable {
        /// `02-mysql-limit.yaml` or `optional/06-redis-scan-orders.yaml`.
        package var name: String
        package var path: String
        package var content: Result<Experiment, DefinitionFaults>
    }

    private static let optional = "optional"
    /// As large as a definition may be.
    static let largest = 1_000_000
    private let folder: SafeFolder

    /// - Parameter path: the folder of experiments.
    package init(path: String) { folder = SafeFolder(path: path) }

    /// In the order of their names, those that run only when they are named last.
    package var entries: [Entry] {
        names.compactMap { name in
            path(of: name).map { Entry(name: name, path: $0, content: Self.read($0)) }
        }
    }

    private var names: [String] {
        let optional = folder.folder(Self.optional)?.names.map { "\(Self.optional)/\($0)" } ?? []
        return (folder.names + optional).filter { $0.hasSuffix(".yaml") || $0.hasSuffix(".yml") }
    }

    /// The path of a file that the listing shows.
    package func path(of name: String) -> String? {
        guard names.contains(name) else { return nil }
        guard name.hasPrefix("\(Self.optional)/") else { return folder.file(name) }
        return folder.folder(Self.optional)?.file(String(name.dropFirst(Self.optional.count + 1)))
    }

    package func text(of name: String) -> String? {
        path(of: name).flatMap { FileManager.default.contents(atPath: $0) }.map { String(decoding: $0, as: UTF8.self) }
    }

    private static func read(_ path: String) -> Result<Experiment, DefinitionFaults> {
        do {
            guard let experiment = try loadExperiments(paths: [path]).first else {
                return .failure(DefinitionFaults([]))
            }
            return .success(experiment)
        } catch let faults as DefinitionFaults {
            return .failure(faults)
        } catch {
            return .failure(
                DefinitionFaults([DefinitionFault(file: path, line: 1, column: 1, message: "\(error)")]))
        }
    }

    /// What is wrong with a text, as if it were a file of this folder.
    package func faults(in text: String, as name: String) -> [DefinitionFault] {
        do {
            _ = try experiment(in: text, asFile: "\(folder.path)/\(name)")
            return []
        } catch {
            return error.faults
        }
    }

    /// Writes a new file; one that is there is never written over.
    /// - Parameter name: letters, digits and dashes, without an ending.
    /// - Returns: the file's name.
    /// - Throws: `DefinitionFaults`, or `Problem` where it has no name of a file or cannot be written.
    package func save(_ text: String, as name: String) throws -> String {
        let allowed = name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
        guard allowed, (1...60).contains(name.count), !name.hasPrefix("-") else {
            throw Problem(.usage, "a file's name takes at most 60 letters, digits and dashes, a letter or digit first")
        }
        let (file, path) = ("\(name).yaml", "\(folder.path)/\(name).yaml")
        let new = try experiment(in: text, asFile: path)
        let taken = entries.first { (try? $0.content.get())?.name.lowercased() == new.name.lowercased() }
        if let taken {
            throw Problem(.usage, "the name \(new.name) is that of the experiment in \(taken.name): change `name:`")
        }
        let opened = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o644)
        guard opened >= 0 else {
            let reason = errno == EEXIST ? "there is such a file already" : String(cString: strerror(errno))
            throw Problem(.usage, "experiments/\(file) cannot be written: \(reason)")
        }
        let handle = FileHandle(fileDescriptor: opened, closeOnDealloc: true)
        do {
            try handle.write(contentsOf: Data(text.utf8))
        } catch {
            unlink(path)
            throw Problem(.machine, "experiments/\(file) cannot be written: \(error.localizedDescription)")
        }
        return file
    }
}
