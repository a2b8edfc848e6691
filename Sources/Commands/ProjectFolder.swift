import Experiments
import Foundation
import Imports
import Model
import Stacks

/// The folder of somebody's Compose project: what an experiment on it can be written from.
struct ProjectFolder {
    /// Absolute path of the compose file.
    let file: String

    private var folder: String { (file as NSString).deletingLastPathComponent }

    /// The folder's name, as an experiment may be called.
    static func experimentName(of file: String) -> String {
        let folder = ((file as NSString).deletingLastPathComponent as NSString).lastPathComponent
        let words = folder.lowercased().split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }
        return words.isEmpty ? "my-project" : String(words.joined(separator: "-").prefix(60))
    }

    /// - Throws: `Problem` where there is no such file, Compose refuses it, or nothing of it can be measured.
    func draft(_ name: String, in places: Places) async throws -> ProjectDraft {
        guard FileManager.default.fileExists(atPath: file) else {
            throw Problem(.usage, "there is no file \(file)", nextStep: "Name the compose file of your project.")
        }
        let guess = try await ProjectReader().guess(file)
        var remarks = guess.remarks
        let requests = requests(guess, &remarks)
        if guess.restore == nil {
            remarks.append(
                "Nothing is brought back between the steps of the search, so each builds on the data of those before. restore: "
                    + "brings them back.")
        }
        return ProjectDraft(
            name: name,
            project: OwnProject(
                file: shown(in: places), service: guess.service, port: guess.port, readyPath: guess.readyPath ?? "/",
                restore: guess.restore),
            requests: requests, remarks: remarks)
    }

    /// Relative to the experiments where the project lies in the checkout.
    private func shown(in places: Places) -> String {
        file.hasPrefix(places.home + "/") ? "../" + file.dropFirst(places.home.count + 1) : file
    }

    private func requests(_ guess: ProjectGuess, _ remarks: inout [String]) -> [DraftRequest] {
        let (files, paths) = locust()
        if !paths.read.isEmpty {
            remarks.append("The requests are those that \(files.joined(separator: ", ")) reads.")
            if !paths.leftOut.isEmpty {
                remarks.append(
                    "Requests there that write, or whose path is made as it runs, are left out: "
                        + Self.some(paths.leftOut))
            }
            return DraftRequest.reading(paths.read)
        }
        if let (name, described) = description() {
            remarks.append("The requests are those for reading that \(name) describes.")
            if !described.leftOut.isEmpty {
                remarks.append(
                    "Requests there that write, or need a value of which it gives no example, are left out: "
                        + Self.some(described.leftOut))
            }
            return DraftRequest.reading(described.read)
        }
        let path = guess.readyPath ?? "/"
        remarks.append(
            guess.readyPath == nil
                ? "The only request is GET /, since the project does not say what else it answers: write the requests that matter "
                    + "to you."
                : "The only request is that of the health check: write the requests that matter to you.")
        return DraftRequest.reading([path])
    }

    private static func some(_ requests: [String]) -> String {
        let sorted = Array(Set(requests)).sorted()
        return sorted.prefix(8).joined(separator: ", ") + (sorted.count > 8 ? ", …" : "") + "."
    }

    /// Where a description of OpenAPI usually lies.
    private static let places = ["", "docs/", "doc/", "api/", "spec/", "static/", "src/", "app/"].flatMap { folder in
        ["openapi.json", "openapi.yaml", "openapi.yml", "swagger.json", "swagger.yaml"].map { folder + $0 }
    }

    /// The first description of the project that has something to read.
    private func description() -> (name: String, DescribedReads)? {
        for name in Self.places {
            guard let data = FileManager.default.contents(atPath: "\(folder)/\(name)"), data.count < 10_000_000,
                let described = DescribedReads(Array(data)), !described.read.isEmpty
            else { continue }
            return (name, described)
        }
        return nil
    }

    /// The Locust files of the project, and what they ask for.
    private func locust() -> (files: [String], paths: LocustPaths) {
        var (files, all) = ([String](), LocustPaths())
        for name in pythonFiles() {
            guard let data = FileManager.default.contents(atPath: "\(folder)/\(name)"), data.count < 1_000_000 else {
                continue
            }
            let paths = LocustPaths(String(decoding: data, as: UTF8.self))
            guard paths != LocustPaths() else { continue }
            files.append(name)
            all.read += paths.read
            all.leftOut += paths.leftOut
        }
        return (files, all)
    }

    /// Relative to the folder, at most three folders deep and a thousand files.
    private func pythonFiles() -> [String] {
        guard let found = FileManager.default.enumerator(atPath: folder) else { return [] }
        var (files, seen) = ([String](), 0)
        while let name = found.nextObject() as? String, seen < 20_000, files.count < 1000 {
            seen += 1
            let last = (name as NSString).lastPathComponent
            if found.level > 3 || last.hasPrefix(".") || ["node_modules", "venv", "site-packages"].contains(last) {
                found.skipDescendants()
            } else if last.hasSuffix(".py") {
                files.append(name)
            }
        }
        return files.sorted()
    }
}
