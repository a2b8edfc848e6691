import Foundation
import Model
import Reporting
import Results
import TestSupport
import Testing

/// Reports of a real record from which parts are missing.
@Suite(.timed) struct IncompleteRecordTests {
    private static let sample = Rendered.earlyFolder
    private static let experiment = "04-balanced-limit"
    private let templates: ReportTemplates

    init() throws { templates = try repositoryTemplates() }

    /// A run of one recorded experiment, in a folder of its own.
    /// - Parameter seconds: of its first steps, which are enough.
    private func withRun(seconds: Int = 30, _ body: (URL) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "record-\(UUID().uuidString.prefix(8))")
        defer { try? FileManager.default.removeItem(at: folder) }
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        var manifest = try object(Self.sample.appending(path: "manifest.json"))
        let experiments = try #require(manifest["experiments"] as? [[String: Any]])
        manifest["experiments"] = experiments.filter { $0["name"] as? String == "balanced-limit" }
        try write(manifest, to: folder.appending(path: "manifest.json"))
        try FileManager.default.copyItem(
            at: Self.sample.appending(path: Self.experiment), to: folder.appending(path: "01-balanced-limit"))
        try unpack(in: folder.path)
        let record = folder.appending(path: "01-balanced-limit/record.json")
        try write(shortened(object(record)), to: record)
        let samples = folder.appending(path: "01-balanced-limit/samples.jsonl")
        let lines = try String(contentsOf: samples, encoding: .utf8).split(separator: "\n").prefix(seconds)
        try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: samples)
        try body(folder)
    }

    /// The same with a few readings of each series.
    private func shortened(_ json: Any) -> Any {
        if let list = json as? [Any] { return list.prefix(4).map(shortened) }
        guard let object = json as? [String: Any] else { return json }
        // Lists that are no series: every one counts.
        let whole: Set = ["components", "counters", "deployed", "failures", "prometheus", "steps"]
        return Dictionary(
            uniqueKeysWithValues: object.map { key, value in
                let list = whole.contains(key) ? (value as? [Any])?.map(shortened) : nil
                return (key, list ?? shortened(value))
            })
    }

    private func object(_ file: URL) throws -> [String: Any] {
        try #require(JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
    }

    private func write(_ object: Any, to file: URL) throws {
        try JSONSerialization.data(withJSONObject: object).write(to: file)
    }

    private func report(_ folder: URL, _ language: Language = .english) throws -> (text: String, faults: [String]) {
        let run = try RunFolder(path: folder.path).readRun()
        let text = try renderReport(StudiedRun(run), language: language, templates: templates)
        // Seconds after the first steps are missing on purpose.
        let faults = run.experiments.flatMap { $0.measurements.flatMap(\.faults) }
        return (text, run.faults + faults.filter { !$0.hasPrefix("samples.jsonl: seconds") })
    }

    /// Every key below a value, by its path; of a list its second element stands for all.
    private func paths(_ json: Any, _ path: [String] = [], depth: Int = 3) -> [[String]] {
        if let list = json as? [Any] {
            let index = min(1, list.count - 1)
            return index < 0 || depth == 0 ? [] : paths(list[index], path + ["\(index)"], depth: depth - 1)
        }
        guard let object = json as? [String: Any], depth > 0 else { return [] }
        return object.keys.sorted().flatMap { key in
            [path + [key]] + paths(object[key] ?? [], path + [key], depth: depth - 1)
        }
    }

    private func without(_ path: ArraySlice<String>, _ json: Any) -> Any {
        guard let key = path.first else { return json }
        if var list = json as? [Any], let index = Int(key) {
            list[index] = without(path.dropFirst(), list[index])
            return list
        }
        guard var object = json as? [String: Any] else { return json }
        object[key] = path.count == 1 ? nil : without(path.dropFirst(), object[key] ?? [])
        return object
    }

    private func check(_ file: String, skipping: (([String]) -> Bool)) throws {
        // Quick to read some hundred times.
        try withRun(seconds: 12) { folder in
            let place = folder.appending(path: file)
            let whole = try object(place)
            let all = paths(whole).filter { !skipping($0) }
            #expect(all.count > 8)
            for path in all {
                try write(without(path[...], whole), to: place)
                let (text, faults) = try report(folder)
                #expect(text.contains("# Load test") && !text.contains("nan"), "\(path)")
                if !faults.isEmpty { #expect(text.contains("The record is incomplete"), "\(path)") }
                for fault in faults { #expect(text.contains("`\(fault)`"), "\(fault)") }
                // What a version must write and this file lacks is named.
                if path.count == 1, ["steps", "usage", "prometheus", "host", "version"].contains(path[0]) {
                    #expect(faults.map { $0.split(separator: " ").last.map(String.init) } == [path[0]])
                }
            }
        }
    }

    @Test func anyFieldOfTheRecordMayBeMissing() async throws {
        try await onThread { try check("01-balanced-limit/record.json") { _ in false } }
    }

    @Test func anyFieldOfTheManifestButTheExperimentsMayBeMissing() async throws {
        try await onThread { try check("manifest.json") { $0[0] == "experiments" } }
    }

    @Test func withoutItsExperimentsARunIsAnErrorThatNamesTheField() throws {
        try withRun { folder in
            let file = folder.appending(path: "manifest.json")
            try write(without(["experiments"], object(file)), to: file)
            #expect {
                _ = try RunFolder(path: folder.path).readRun()
            } throws: {
                "\($0)".contains("manifest.json: the field experiments is missing")
            }
        }
    }

    @Test(arguments: Language.allCases) func anExperimentWhoseDefinitionIsNotWholeIsLeftOutAndNamed(
        language: Language
    ) throws {
        try withRun { folder in
            let file = folder.appending(path: "manifest.json")
            var manifest = try object(file)
            let whole = try #require((manifest["experiments"] as? [[String: Any]])?.first)
            var broken = try #require(without(["load", "tasks", "1", "path"], whole) as? [String: Any])
            broken["name"] = "broken"
            // In the middle: the folder of the last keeps its number.
            var last = whole
            last["name"] = "last"
            manifest["experiments"] = [whole, broken, last]
            try write(manifest, to: file)
            try FileManager.default.copyItem(
                at: folder.appending(path: "01-balanced-limit"), to: folder.appending(path: "03-last"))
            let run = try RunFolder(path: folder.path).readRun()
            #expect(run.experiments.map(\.folder) == ["01-balanced-limit", "03-last"])
            #expect(run.experiments.allSatisfy { !$0.measurements.isEmpty })
            let (text, faults) = try report(folder, language)
            #expect(faults == ["manifest.json: experiments[1].load.tasks[1].path"])
            #expect(run.unreadable == ["broken"] && text.contains("`broken`") && text.contains("`\(faults[0])`"))
            #expect(text.contains(language == .french ? "**Absent de ce rapport" : "**Not in this report"))
            #expect(throws: Problem.self) { _ = try RunFolder(path: folder.path).readManifest() }
        }
    }

    @Test func aRunWithoutAnyWholeExperimentStillHasAReport() throws {
        try withRun { folder in
            let file = folder.appending(path: "manifest.json")
            try write(without(["experiments", "0", "stack", "backend"], object(file)), to: file)
            let (text, faults) = try report(folder)
            #expect(faults == ["manifest.json: experiments[0].stack.backend"])
            #expect(text.contains("# Load test") && text.contains("**Not in this report:** `balanced-limit`"))
        }
    }

    @Test func theReportOfARunWhoseManifestIsCutOffSaysWhatIsMissing() throws {
        try withRun { folder in
            let file = folder.appending(path: "manifest.json")
            var manifest = try object(file)
            let experiment = try #require((manifest["experiments"] as? [[String: Any]])?.first)
            var last = experiment
            last["name"] = "last"
            manifest["experiments"] = [experiment, last]
            let data = try JSONSerialization.data(withJSONObject: manifest, options: [.sortedKeys, .prettyPrinted])
            let end = try #require(data.range(of: Data("\"last\"".utf8)))
            try data[..<end.upperBound].write(to: file)
            try FileManager.default.copyItem(
                at: folder.appending(path: "01-balanced-limit"), to: folder.appending(path: "02-last"))
            let (text, faults) = try report(folder)
            #expect(faults.contains("manifest.json: host") && text.contains("`manifest.json: from line "))
            #expect(text.contains("**Not in this report:** `last`") && text.contains("## Question 4."))
            // Before the answers.
            let begins = try #require(text.firstRange(of: "**Not in this report"))
            #expect(begins.lowerBound < text.firstRange(of: "## Answers")?.lowerBound ?? text.startIndex)
        }
    }

    @Test(arguments: Language.allCases) func aComparisonSaysWhichRecordIsIncomplete(language: Language) throws {
        try withRun { folder in
            let whole = try RunFolder(path: folder.path).readRun()
            try FileManager.default.removeItem(at: folder.appending(path: "01-balanced-limit/samples.jsonl"))
            let text = try renderComparison(
                of: try RunFolder(path: folder.path).readRun(), against: whole, language: language,
                templates: templates)
            #expect(text.contains("`01-balanced-limit/samples.jsonl`"))
            #expect(text.contains(language == .french ? "L’enregistrement est incomplet" : "The record is incomplete"))
        }
    }

    @Test(arguments: ["title", "sourceFile", "observations", "comparesWith"])
    func whatIsNoPartOfTheMeasurementHasAStandIn(key: String) throws {
        try withRun { folder in
            let file = folder.appending(path: "manifest.json")
            try write(without(["experiments", "0", key], object(file)), to: file)
            let run = try RunFolder(path: folder.path).readRun()
            #expect(run.faults == ["manifest.json: experiments[0].\(key)"] && run.unreadable.isEmpty)
            #expect(try report(folder).text.contains("users"))
        }
    }

    @Test func anyFieldOfAnExperimentMayBeMissing() async throws {
        try await onThread { try check("manifest.json") { $0[0] != "experiments" || $0.count < 3 } }
    }

    @Test func aRecordThatIsCutOffIsNamedAndTheReportIsWritten() throws {
        try withRun { folder in
            let file = folder.appending(path: "01-balanced-limit/record.json")
            try Data(contentsOf: file).prefix(1000).write(to: file)
            let (text, faults) = try report(folder)
            #expect(faults == ["record.json"])
            #expect(text.contains("record.json cannot be read") && text.contains("`record.json`"))
            #expect(text.contains("No plateau was measured."))
        }
    }

    @Test func damagedAndMissingSamplesAreNamed() throws {
        try withRun { folder in
            #expect(try report(folder).text.contains("`samples.jsonl: seconds 30 to 127`"))
            let file = folder.appending(path: "01-balanced-limit/samples.jsonl")
            var lines = try String(contentsOf: file, encoding: .utf8).components(separatedBy: "\n")
            lines[20] = lines[20].replacing("users", with: "usrs")
            try Data(lines.joined(separator: "\n").utf8).write(to: file)
            #expect(try report(folder).text.contains("`samples.jsonl:21`"))
            try FileManager.default.removeItem(at: file)
            let text = try report(folder, .french).text
            #expect(text.contains("L’enregistrement est incomplet") && text.contains("`samples.jsonl`"))
            #expect(text.contains("non mesuré"))
        }
    }
}
