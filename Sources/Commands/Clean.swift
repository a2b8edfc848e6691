import ArgumentParser
import Stacks

/// `storelab clean`: removes what killed runs left behind.
struct Clean: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Remove what killed runs left behind: processes, folders, control groups.",
        discussion: "It goes by what each run wrote down, never by names. Results in output/ stay.")

    func run() throws {
        let report = try Leftovers.clean()
        for path in report.removed { Terminal.answer("removed \(path)") }
        for path in report.inUse { Terminal.answer("left alone, its run is alive: \(path)") }
        if report.removed.isEmpty, report.inUse.isEmpty { Terminal.answer("nothing to remove") }
    }
}
