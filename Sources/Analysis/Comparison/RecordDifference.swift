import Foundation
import Model

/// Something besides the results in which two runs differ.
package struct RecordDifference: Sendable, Equatable {
    /// nil: the whole run.
    package var experiment: String?
    /// As it is named in the record, for example `load.timeout` or `host.cores`; of the store, as definitions name it.
    package var place: String
    /// Somebody wrote it in the experiment's definition.
    package var isSetting = false
    /// nil: not there.
    package var a: String?
    package var b: String?

    static func all(
        _ a: RecordedRun, _ b: RecordedRun, pairs: [(RecordedExperiment, RecordedExperiment)]
    ) -> [RecordDifference] {
        between(a.facts, b.facts, of: nil)
            + pairs.flatMap { one, other in
                settings(one.experiment.settings, other.experiment.settings, of: one.experiment.name)
                    + between(
                        one.circumstances(on: a.manifest.host), other.circumstances(on: b.manifest.host),
                        of: one.experiment.name)
            }
    }

    /// - Parameter experiment: whose facts they are; nil for those of the whole run.
    static func between(_ a: [String: String], _ b: [String: String], of experiment: String?) -> [RecordDifference] {
        Set(a.keys).union(b.keys).sorted().filter { a[$0] != b[$0] }
            .map { RecordDifference(experiment: experiment, place: $0, a: a[$0], b: b[$0]) }
    }

    static func settings(_ a: [String: String], _ b: [String: String], of experiment: String) -> [RecordDifference] {
        between(a, b, of: experiment).map { difference in
            var setting = difference
            setting.isSetting = true
            return setting
        }
    }
}

extension RecordedRun {
    /// Where, and by which version, it was measured.
    var facts: [String: String] {
        var facts = flat(manifest.host, under: "host")
        facts["version"] = manifest.version
        facts["commit"] = manifest.commit
        facts["quick"] = String(manifest.quick)
        return facts
    }
}

extension Experiment {
    /// All of the definition that may change what is measured.
    var settings: [String: String] {
        let words = ["title", "sourceFile", "question", "comparesWith", "observations", "name"]
        let ofStore = ["stack.storeCPUs": "stack.store.cpus", "stack.storePool": "stack.store.pool"]
        return flat(self).reduce(into: [:]) { settings, leaf in
            guard !words.contains(where: { leaf.key == $0 || leaf.key.hasPrefix($0 + ".") }) else { return }
            settings[ofStore[leaf.key] ?? leaf.key] = leaf.value
        }
    }
}

extension RecordedExperiment {
    /// The programs that ran, and what else kept the machine busy.
    func circumstances(on host: Model.Host) -> [String: String] {
        var facts: [String: String] = [:]
        for recorded in allMeasurements {
            let measurement = recorded.measurement
            facts["stack kind"] = measurement.stackKind
            let others = recorded.othersShare(of: measurement.steps, host)
            if others >= RunSpread.notable {
                facts["machine used by other programs"] = "\(Int((others * 100).rounded())) %"
            }
            for component in measurement.components {
                facts["\(component.name) version"] = component.image?.digest ?? component.version
                facts["\(component.name) CPU limit enforced"] = component.cpuLimit.map { String($0.enforced) }
            }
        }
        return facts
    }
}

/// The leaves of a value as it is written to disk, by their path.
private func flat(_ value: some Encodable, under name: String = "") -> [String: String] {
    guard let data = try? JSONEncoder().encode(value), let json = try? JSONSerialization.jsonObject(with: data) else {
        return [:]
    }
    var leaves: [String: String] = [:]
    func walk(_ json: Any, _ path: String) {
        let prefix = path.isEmpty ? "" : path + "."
        switch json {
        case let object as [String: Any]: for (key, value) in object { walk(value, prefix + key) }
        case let list as [Any]: for (index, value) in list.enumerated() { walk(value, prefix + "\(index + 1)") }
        default: leaves[path] = "\(json)"
        }
    }
    walk(json, name)
    return leaves
}
