package import Model

/// What users do, as a file of tasks or an experiment says it.
package struct TaskFile: Sendable, Equatable {
    package var tasks: [LoadTask]
    /// Once for all users before the load.
    package var setup: [LoadTask]
    /// nil: as the tasks need it.
    package var cookies: Bool?

    /// A list of tasks, or what has a key `tasks`, or an experiment.
    /// - Throws: `DefinitionFaults` with every fault of the file.
    package init(file: String) throws {
        let log = FaultLog(file: file)
        guard let value = LoadedFile.value(of: file, log: log) else { throw DefinitionFaults(log.faults) }
        let load = value.entry("load") ?? value
        let folder = file.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        let decoder = TaskDecoder(
            log: log, folder: file.hasPrefix("/") && folder.isEmpty ? "/" : folder, dataset: nil)
        let decoded = decoder.tasks(load.entry("tasks") ?? load, setup: load.entry("setup"))
        if let written = load.entry("cookies") {
            do throws(Unreadable) {
                cookies = try written.truth()
            } catch {
                log.add("cookies: \(error.message)", at: written.place)
            }
        }
        guard log.faults.isEmpty, let decoded else { throw DefinitionFaults(log.faults) }
        (tasks, setup) = decoded
    }
}

extension YAMLValue {
    fileprivate func entry(_ key: String) -> YAMLValue? { entries.last { $0.key == key }?.value }
}
