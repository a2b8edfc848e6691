import ArgumentParser
import Stacks

/// `storelab clean`: removes what killed runs left behind.
struct Clean: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Remove what killed runs left behind: processes, folders, control groups, containers with their networks and volumes.",
        discussion: "It removes only what the runs recorded as their own. Results in output/ stay.")

    func run() async throws {
        let report = try await Leftovers.clean()
        if report.faults > 0 { Terminal.answer("faults taken back: \(report.faults)") }
        for path in report.removed { Terminal.answer("removed \(path)") }
        for path in report.inUse { Terminal.answer("kept, because its run is still alive: \(path)") }
        for (path, why) in report.kept { Terminal.tell("storelab: not removed yet, \(path): \(why)") }
        guard report.kept.isEmpty else { throw ExitStatus.machineLacks }
        if report.removed.isEmpty, report.inUse.isEmpty { Terminal.answer("nothing to remove") }
    }
}
