import ArgumentParser
import Model
import Reporting
import Results

/// `storelab verify`: compares a run's reports with its record.
struct Verify: AnsweringCommand {
    static let configuration = CommandConfiguration(
        abstract: "Compute every number and verdict of a run's reports again from its record, and show what differs.",
        discussion: "It names the file and the line of each difference. Exit code 0: no difference; 4: a difference.")

    @Argument(help: ArgumentHelp("Name or folder of the run; the latest run if left out.", valueName: "run"))
    var recorded: String?

    @Option(help: ArgumentHelp("Folder for the results.", valueName: "folder"))
    var output: String?

    func answer(in places: Places) async throws -> CommandAnswer {
        let folder = try RunFolder.find(recorded, in: output ?? places.output)
        let (changes, unchecked) = try folder.changedLines()
        var lines = changes.map { change in
            Places.shown(folder.file(change.file))
                + (change.line.map { ":\($0): changed since it was recorded" } ?? ": missing or unreadable")
        }
        var faults = changes.count
        for place in unchecked {
            lines.append("\(Places.shown(folder.file(place))): no checksums, so only what the report shows is verified")
        }
        let recorded = try folder.readRun()
        for fault in recorded.allFaults {
            lines.append("\(Places.shown(folder.file(fault))): missing or unreadable")
            // A field that is missing may be one that an older version did not know; a file and its end are none.
            let isField = fault.contains(".json: ") && !fault.contains(".json: from line ")
            if !isField, !changes.contains(where: { fault.hasPrefix($0.file) }) { faults += 1 }
        }
        let run = StudiedRun(recorded)
        for verdict in run.verdictDifferences {
            lines.append(
                "\(Places.shown(folder.file(verdict.place))): the run noted \(verdict.recorded), its samples say "
                    + "\(verdict.computed); the reports are held against the samples")
        }
        let templates = try places.reportTemplates()
        let outcomes = try templates.outcomes()
        for product in try await ReportFiles.products(of: run, templates: templates) {
            let (found, texts) = check(product, in: folder, run.run.manifest, outcomes)
            faults += found
            lines += texts
        }
        return CommandAnswer(
            text: lines.joined(separator: "\n"), status: faults == 0 ? .measured : .criterionMet)
    }

    /// - Returns: how many numbers or lines differ, and the text that says so.
    private func check(
        _ product: ReportFiles.Product, in folder: RunFolder, _ manifest: RunManifest, _ outcomes: Set<String>
    ) -> (Int, [String]) {
        let name = Places.shown(folder.file(product.name))
        guard let report = folder.text(of: product.name) else { return (0, ["\(name): missing, so not verified"]) }
        let check = ReportCheck(report: report, expected: product.text, outcomes: outcomes)
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
                "\(name): \(worded) \(worded == 1 ? "line differs" : "lines differ") in wording or charts only, from line "
                    + "\(check.differences.first(where: \.isWording)?.line ?? 0) on: the report was edited, or comes "
                    + "from other templates or another version (run: \(manifest.version), this program: \(storelabVersion))"
            )
        }
        if wrong.isEmpty { lines.append("\(name): \(check.numbers) numbers, all equal to the record") }
        return (wrong.count, lines)
    }
}
