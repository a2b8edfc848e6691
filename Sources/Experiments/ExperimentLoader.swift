import Foundation
package import Model

/// Reads experiments from files and folders; a folder stands for its `*.yaml` and `*.yml` in the order of their names.
/// - Throws: `DefinitionFaults` with every fault of every file, or `Problem` of usage when there is nothing to read.
package func loadExperiments(paths: [String]) throws -> [Experiment] {
    var files: [String] = []
    for path in paths { files += try definitionFiles(at: path) }
    let loaded = files.uniqued(by: canonical).map(LoadedFile.init)
    var faults = loaded.flatMap(\.faults)
    faults += NameCheck(files: loaded).faults()
    guard faults.isEmpty else { throw DefinitionFaults(faults) }
    return loaded.compactMap(\.experiment)
}

/// Reads one experiment out of a text, as if it were a file.
/// - Parameter path: beside which the files lie that it names.
/// - Throws: every fault.
package func experiment(in text: String, asFile path: String) throws(DefinitionFaults) -> Experiment {
    let log = FaultLog(file: path)
    let bytes = Array(text.utf8)
    if bytes.count > YAMLReader.largestFile {
        log.add("larger than 1 MB; an experiment is a few kB", at: .start)
    }
    let loaded = LoadedFile(
        path: path, value: log.faults.isEmpty ? YAMLReader.value(of: bytes, log: log) : nil, log: log)
    guard loaded.faults.isEmpty, let experiment = loaded.experiment else { throw DefinitionFaults(loaded.faults) }
    return experiment
}

/// One file as it was read, with what the checks across files need.
struct LoadedFile {
    let path: String
    let experiment: Experiment?
    let name: (text: String, place: Place)?
    let compared: [(text: String, place: Place)]
    let faults: [DefinitionFault]

    init(path: String) {
        let log = FaultLog(file: path)
        self.init(path: path, value: Self.value(of: path, log: log), log: log)
    }

    init(path: String, value: YAMLValue?, log: FaultLog) {
        self.path = path
        let url = URL(filePath: path)
        let folder = path.contains("/") ? String(path.prefix(upTo: path.lastIndex(of: "/") ?? path.endIndex)) : ""
        experiment = value.flatMap {
            ExperimentDecoder(
                log: log, folder: path.hasPrefix("/") && folder.isEmpty ? "/" : folder,
                sourceFile: url.lastPathComponent
            ).experiment($0)
        }
        let entries = value?.entries ?? []
        name = entries.last { $0.key == "name" }.flatMap { $0.value.named }
        compared = entries.last { $0.key == "compare" }?.value.elements.prefix(50).compactMap(\.named) ?? []
        faults = log.faults
    }

    /// The name of the experiment in a file that is not itself to be loaded; nil where it has none.
    static func name(of path: String) -> String? {
        let value = value(of: path, log: FaultLog(file: path))
        return value?.entries.last { $0.key == "name" }?.value.named?.text
    }

    static func value(of path: String, log: FaultLog) -> YAMLValue? {
        do throws(FileError) {
            let bytes = try SmallFile.contents(of: path, largest: YAMLReader.largestFile)
            return YAMLReader.value(of: bytes, log: log)
        } catch {
            switch error {
            case .missing: log.add("there is no such file", at: .start)
            case .notAFile: log.add("not a file that can be read", at: .start)
            case .tooLarge: log.add("larger than 1 MB; an experiment is a few kB", at: .start)
            case .unreadable(let reason): log.add("cannot be read: \(reason)", at: .start)
            }
            return nil
        }
    }
}

/// What one file alone cannot show: names used twice, and comparisons with experiments that nobody wrote.
private struct NameCheck {
    let files: [LoadedFile]

    func faults() -> [DefinitionFault] {
        var faults: [DefinitionFault] = []
        var places: [String: String] = [:]
        for file in files {
            guard let (name, place) = file.name else { continue }
            if let first = places[name.lowercased()] {
                faults.append(fault("name: \"\(name)\" is already the name of \(first)", file, place))
            } else {
                places[name.lowercased()] = "\(file.path):\(place.line):\(place.column)"
            }
        }
        for file in files {
            let strange = file.compared.filter { places[$0.text.lowercased()] == nil }
            let known = strange.isEmpty ? [] : names(beside: file)
            for (name, place) in file.compared {
                if name == file.name?.text {
                    faults.append(fault("compare: an experiment cannot be compared with itself", file, place))
                } else if places[name.lowercased()] == nil, let message = unknown(name, among: known) {
                    faults.append(fault(message, file, place))
                }
            }
        }
        return faults
    }

    /// A run of a few files may compare with one that is left out, as long as its folder has it.
    private func names(beside file: LoadedFile) -> [String] {
        let folder = URL(filePath: file.path).deletingLastPathComponent().path
        let siblings = ((try? definitionFiles(at: folder)) ?? []).prefix(1000).compactMap(LoadedFile.name)
        return (files.compactMap(\.name?.text) + siblings).filter { $0 != file.name?.text }.uniqued(by: \.self)
    }

    private func unknown(_ name: String, among known: [String]) -> String? {
        // Without any other experiment there is nothing to tell a wrong name from one that lies elsewhere.
        guard !known.isEmpty, !known.contains(name) else { return nil }
        return "compare: no experiment is named \"\(name)\"; \(NearestName.advice(for: name, among: known))"
    }

    private func fault(_ message: String, _ file: LoadedFile, _ place: Place) -> DefinitionFault {
        DefinitionFault(file: file.path, line: place.line, column: place.column, message: message)
    }
}

private func definitionFiles(at path: String) throws -> [String] {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
        throw Problem(
            .usage, "There is no file or folder \(path.shortened(to: 1000)).",
            nextStep: "`storelab list` shows the experiments that are there.")
    }
    guard isFolder.boolValue else { return [path] }
    let names: [String]
    do {
        names = try FileManager.default.contentsOfDirectory(atPath: path)
    } catch {
        throw Problem(.usage, "The folder \(path.shortened(to: 1000)) cannot be read: \(error.localizedDescription)")
    }
    let files = names.filter { !$0.hasPrefix(".") && ($0.hasSuffix(".yaml") || $0.hasSuffix(".yml")) }.sorted()
    guard !files.isEmpty else {
        throw Problem(
            .usage, "The folder \(path.shortened(to: 1000)) holds no experiment (*.yaml).",
            nextStep: "`storelab new NAME` starts one.")
    }
    return files.map { path.hasSuffix("/") ? path + $0 : "\(path)/\($0)" }
}

private func canonical(_ path: String) -> String {
    URL(filePath: path).resolvingSymlinksInPath().standardizedFileURL.path
}

extension YAMLValue {
    fileprivate var elements: [YAMLValue] {
        if case .list(let values) = content { values } else { [self] }
    }

    fileprivate var named: (text: String, place: Place)? {
        guard case .scalar(let text, _) = content, text.isName() else { return nil }
        return (text, place)
    }
}

extension Sequence {
    fileprivate func uniqued<Key: Hashable>(by key: (Element) -> Key) -> [Element] {
        var seen: Set<Key> = []
        return filter { seen.insert(key($0)).inserted }
    }
}
