import ArgumentParser
import Model
import Reporting
import Results

/// `storelab verify`: holds a run's reports and record against each other.
struct Verify: AnsweringCommand {
    static let configuration = CommandConfiguration(
        abstract: "Compute every number of a run's reports again from its record, and say what differs.",
        discussion: "Names the file and the line. Exit code 0: nothing differs; 4: something does.")

    @Argument(help: ArgumentHelp("The run's name or folder; without it, the latest.", valueName: "run"))
    var recorded: String?

    @Option(help: ArgumentHelp("The folder for results.", valueName: "folder"))
    var output: String?

    func answer(in places: Places) async throws -> CommandAnswer {
        let folder = try RunFolder.find(recorded, in: output ?? places.output)
        let (changes, unchecked) = try folder.changedLines()
        var lines = changes.map { change in
            Places.shown(folder.file(change.file))
                + (change.line.map { ":\($0): not as it was recorded" } ?? ": missing or not readable")
        }
        var faults = changes.count
        for place in unchecked {
            lines.append("\(Places.shown(folder.file(place))): no checksums; only what shows in the report is verified")
        }
        let recorded = try folder.readRun()
        for fault in recorded.allFaults {
            lines.append("\(Places.shown(folder.file(fault))): missing or not readable")
            // A field that is missing may be one that an older version did not know; a file and its end are none.
            let isField = fault.contains(".json: ") && !fault.contains(".json: from line ")
            if !isField, !changes.contains(where: { fault.hasPrefix($0.file) }) { faults += 1 }
        }
        let run = StudiedRun(recorded)
        for product in try await ReportFiles.products(of: run, templates: places.reportTemplates()) {
            let (found, texts) = check(product, in: folder, run.run.manifest)
            faults += found
            lines += texts
        }
        return CommandAnswer(
            text: lines.joined(separator: "\n"), status: faults == 0 ? .measured : .expectationNotMet)
    }

    /// - Returns: how many numbers or lines differ, and what is to be said.
    private func check(
        _ product: ReportFiles.Product, in folder: RunFolder, _ manifest: RunManifest
    ) -> (Int, [String]) {
        let name = Places.shown(folder.file(product.name))
        guard let report = folder.text(of: product.name) else { return (0, ["\(name): not there, so not verified"]) }
        let check = ReportCheck(report: report, expected: product.text)
        let wrong = check.differences.filter { !$0.isWording }
        var lines = wrong.prefix(50).flatMap { difference in
            let (found, expected) = difference.excerpts
            return [
                "\(name):\(difference.line): differs from the record",
                "    report: \(found ?? "(no such line)")", "    record: \(expected ?? "(no such line)")",
            ]
        }
        if wrong.count > 50 { lines.append("    and \(wrong.count - 50) further lines") }
        let worded = check.differences.count - wrong.count
        if worded > 0 {
            lines.append(
                "\(name): \(worded) \(worded == 1 ? "line differs" : "lines differ") in words or drawing only, from line "
                    + "\(check.differences.first(where: \.isWording)?.line ?? 0) on: edited, of other templates, or of "
                    + "another version (the run is of \(manifest.version), this is \(storelabVersion))")
        }
        if wrong.isEmpty { lines.append("\(name): \(check.numbers) numbers, all as the record gives them") }
        return (wrong.count, lines)
    }
}
