import Analysis
import Model

/// Whose application a report is about decides which of its sentences are true.
extension StudiedRun {
    /// The line of words that is the report's title.
    var titleName: String {
        run.experiments.allSatisfy { $0.experiment.stack.subject == .store } ? "reportTitle" : "reportTitleOther"
    }
}

extension Study {
    /// The service of somebody's own project that the load goes to; nil of any other subject.
    var service: String? {
        guard case .project(let own) = subject else { return nil }
        return own.service
    }

    /// The part that a signal is of.
    func component(of signal: Signal) -> Component? {
        measurement.components.first { $0.name == signal.component }
    }
}

extension Component {
    /// Whether it runs one of these programs, by the name of its image, or its own where it is a process of StoreLab's.
    func runs(_ programs: [String]) -> Bool {
        let name = (image?.name.split(separator: "/").last.map(String.init) ?? name).lowercased()
        return programs.contains(where: name.hasPrefix)
    }
}

extension Bottleneck.Cause {
    /// The cause as it is said of a part: one that bears the name of a program is of that program only.
    func said(of component: Component?) -> Bottleneck.Cause {
        guard let component else { return self }
        return switch self {
        case .mysqlCPU where !component.runs(["mysql", "mariadb"]): .otherCPU
        case .redisCPU where !component.runs(["redis", "valkey"]): .otherCPU
        case .nginxCPU where !component.runs(["nginx", "storelab-nginx"]): .otherCPU
        default: self
        }
    }
}
