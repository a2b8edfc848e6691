package import Foundation
package import Model
import Synchronization

/// A run's folder, `output/RUN/`.
package struct RunFolder: Sendable {
    /// Absolute path.
    package let path: String

    package init(path: String) { self.path = path }

    /// Makes `output/RUN/` with its manifest, and lets `output/latest` point to it.
    /// - Throws: `Problem` when the folder exists or cannot be written.
    package static func create(in output: String, manifest: RunManifest) throws -> RunFolder {
        let folder = RunFolder(path: (output as NSString).appendingPathComponent(manifest.id))
        guard !FileManager.default.fileExists(atPath: folder.path) else {
            throw Problem(.machine, "\(folder.path) exists already", nextStep: "Wait a second, then run again.")
        }
        try RecordFiles.write(Redaction().manifest(manifest), to: folder.file("manifest.json"))
        try RecordFiles.write(Checksums(of: ["manifest.json"], in: folder.path), to: folder.file(Checksums.name))
        folder.markLatest(in: output)
        return folder
    }

    /// A link that cannot be made is no reason to lose a run.
    private func markLatest(in output: String) {
        let link = (output as NSString).appendingPathComponent("latest")
        // Renamed, so that there is one at any moment.
        let new = "\(link).\(getpid())"
        guard symlink((path as NSString).lastPathComponent, new) == 0 else { return }
        if rename(new, link) != 0 { unlink(new) }
    }

    /// Finds a run by its folder, its name in `output`, or `latest`.
    /// - Throws: `Problem` (usage) that names the runs that are there.
    package static func find(_ name: String?, in output: String) throws -> RunFolder {
        let candidates = [name ?? "latest"].flatMap { [$0, (output as NSString).appendingPathComponent($0)] }
        for candidate in candidates where FileManager.default.fileExists(atPath: candidate + "/manifest.json") {
            return RunFolder(path: URL(fileURLWithPath: candidate).resolvingSymlinksInPath().path)
        }
        let runs = ((try? FileManager.default.contentsOfDirectory(atPath: output)) ?? [])
            .filter { FileManager.default.fileExists(atPath: "\(output)/\($0)/manifest.json") && $0 != "latest" }
            .sorted()
        let known =
            runs.isEmpty
            ? "There is none in \(output) yet; make one with: ./storelab run"
            : "In \(output) there are: \(runs.joined(separator: ", "))."
        if let name, let damaged = candidates.first(where: isFolder) {
            let folder = RunFolder(path: damaged)
            throw Problem(
                .usage, "\(name) is no run that can be read: \(damaged)/manifest.json is missing",
                nextStep: folder.unnamedExperiments(beside: []).isEmpty ? known : folder.withoutManifest)
        }
        throw Problem(.usage, "no run \(name.map { "\($0) " } ?? "")found", nextStep: known)
    }

    /// All runs of a folder by name, those without a manifest too where a part of them was recorded; not what links lead to,
    /// such as `latest`.
    package static func all(in output: String) -> [RunFolder] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: output)) ?? []
        return names.sorted().compactMap { name in
            let path = (output as NSString).appendingPathComponent(name)
            guard (try? FileManager.default.destinationOfSymbolicLink(atPath: path)) == nil, isFolder(path) else {
                return nil
            }
            let folder = RunFolder(path: path)
            let isRun =
                FileManager.default.fileExists(atPath: folder.file("manifest.json"))
                || !folder.unnamedExperiments(beside: []).isEmpty
            return isRun ? folder : nil
        }
    }

    private static func isFolder(_ path: String) -> Bool {
        var isDirectory: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && isDirectory.boolValue
    }

    /// Runs what ends the program, when no file of a record or report is half-written; it waits half a second at most.
    package static func whenNothingIsBeingWritten(_ end: () -> Never) -> Never {
        for _ in 0..<50 {
            RecordFiles.writing.withLockIfAvailable { _ in end() }
            usleep(10_000)
        }
        end()
    }

    package func file(_ name: String) -> String { (path as NSString).appendingPathComponent(name) }

    package func journal() throws -> Journal { try Journal(path: file("journal.jsonl")) }

    /// To go on with.
    /// - Throws: `Problem` where an experiment cannot be read whole.
    package func readManifest() throws -> RunManifest {
        let found = try readManifestTolerantly()
        guard found.leftOut.isEmpty else {
            throw Problem(
                .usage, "\(file("manifest.json")) cannot be read whole: \(found.faults.joined(separator: ", "))",
                nextStep: "The rest of this run can be reported, but the run cannot go on: run the experiments again.")
        }
        return found.value
    }

    /// What is missing of where and when it ran is named, and so are experiments whose definition is not there in full; without
    /// any list of experiments it is an error.
    func readManifestTolerantly() throws -> TolerantReader.Found<RunManifest> {
        let unknown = Model.Host(system: "–", kernel: "–", processor: "–", cores: 0, memory: 0, openFiles: 0)
        let empty = RunManifest(
            id: (path as NSString).lastPathComponent, version: "–", commit: nil, began: 0, quick: false, host: unknown,
            experiments: [])
        let experiments = TolerantReader.WholeElements(
            list: "experiments",
            fillers: [
                "title": ["english": "–", "french": "–"], "sourceFile": "–", "observations": [Any](),
                "comparesWith": [Any](),
            ])
        var found: TolerantReader.Found<RunManifest>
        do {
            found = try TolerantReader.read(file("manifest.json"), template: empty, whole: experiments)
        } catch let problem as Problem {
            throw Problem(problem.kind, problem.message, nextStep: withoutManifest)
        }
        if found.isCutOff { found.leftOut += unnamedExperiments(beside: found.value.experiments.map(\.name)) }
        let manifest = found.value
        guard manifest.format <= RunManifest.currentFormat else {
            throw Problem(
                .usage,
                "\(path) was recorded in format \(manifest.format); this StoreLab reads up to \(RunManifest.currentFormat)",
                nextStep: "Use the version of StoreLab that made it, or a newer one.")
        }
        return found
    }

    /// What to do where the manifest says nothing.
    private var withoutManifest: String {
        let measured = unnamedExperiments(beside: [])
        let rest =
            measured.isEmpty
            ? "" : " What was measured (\(measured.joined(separator: ", "))) still lies in the folders beside it."
        return "It says what the run's experiments were, and without it nothing can be reported: restore it from a "
            + "copy (git checkout, where it is committed), or run the experiments again.\(rest)"
    }

    /// The experiments that have a folder, but for some.
    private func unnamedExperiments(beside known: [String]) -> [String] {
        let all = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return all.sorted().compactMap { folder in
            let number = folder.prefix { $0.isWholeNumber }
            guard number.count >= 2, folder.dropFirst(number.count).first == "-" else { return nil }
            return String(folder.dropFirst(number.count + 1))
        }.filter { !known.contains($0) }
    }

    /// Empty when nothing was begun.
    package func readJournal() throws -> [JournalEntry] {
        let name = file("journal.jsonl")
        guard FileManager.default.fileExists(atPath: name) else { return [] }
        return try LineFile.read(JournalEntry.self, from: name)
    }

    /// Writes a report or another product of the record.
    package func write(_ text: String, to name: String) throws { try write(Data(text.utf8), to: name) }

    package func write(_ data: Data, to name: String) throws { try RecordFiles.write(data, to: file(name)) }

    /// A report or another product; nil where there is none.
    package func text(of name: String) -> String? {
        FileManager.default.contents(atPath: file(name)).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The folder in which an experiment was recorded. Its number is its place in the run, which is not known where others
    /// could not be read.
    func recordedFolder(of experiment: Experiment, at index: Int) -> String {
        let name = Self.folderName(of: experiment, at: index)
        guard !FileManager.default.fileExists(atPath: file(name)) else { return name }
        let all = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        let found = all.filter { other in
            other.hasSuffix("-" + experiment.name)
                && other.dropLast(experiment.name.count + 1).allSatisfy(\.isWholeNumber)
        }
        return found.count == 1 ? found[0] : name
    }

    /// The folder of an experiment relative to the run's: its place in the run and its name.
    package static func folderName(of experiment: Experiment, at index: Int) -> String {
        let number = index + 1
        return (number < 10 ? "0" : "") + "\(number)-\(experiment.name)"
    }
}
