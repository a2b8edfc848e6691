/// A report as test suites in JUnit's XML, for servers of continuous integration: an experiment is a suite. A measurement
/// that is incomplete is an error; on plateaus of a ramp a criterion that was met is a failure. A search meets criteria on
/// purpose: it fails where it found no number of users that passed.
extension ReportData {
    package var junit: String {
        let suites = experiments.map { section -> String in
            let cases =
                section.measurements.isEmpty
                ? [Self.testCase("measured", section, trouble: ("skipped", "the experiment was not begun"))]
                : section.measurements.flatMap { Self.cases(of: $0, in: section) }
            let count = { (kind: String) in cases.count { $0.contains("<\(kind) ") } }
            return "  <testsuite name=\"\(HTML.escaped(section.name))\" tests=\"\(cases.count)\" "
                + "failures=\"\(count("failure"))\" errors=\"\(count("error"))\" skipped=\"\(count("skipped"))\">\n"
                + cases.joined() + "  </testsuite>\n"
        }
        return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"\(HTML.escaped(run))\">\n"
            + suites.joined() + "</testsuites>\n"
    }

    private static func cases(of entry: Entry, in section: Section) -> [String] {
        let again = [entry.variant, entry.repetition.map { "repetition \($0)" }].compactMap(\.self)
        let name = { (text: String) in (again + [text]).joined(separator: ", ") }
        guard entry.outcome == "measured" else {
            return [testCase(name("measured"), section, trouble: ("error", entry.reason ?? entry.outcome))]
        }
        let isBlank = entry.answer.map { $0.passed == nil && $0.failed == nil } ?? entry.steps.isEmpty
        guard !isBlank else {
            return [testCase(name("measured"), section, trouble: ("skipped", "the record holds no plateau"))]
        }
        let faults = (entry.faults ?? []).map { testCase(of: $0, name: name, in: section) }
        if let answer = entry.answer {
            let found = answer.passed.map { "passed at \($0) users" } ?? "no number of users passed"
            let text = found + (answer.failed.map { ", failed at \($0)" } ?? ", never failed")
            return [
                testCase(name("limit found"), section, trouble: answer.passed == nil ? ("failure", text) : nil, text)
            ] + faults
        }
        return entry.steps.map { step in
            testCase(
                name("\(Self.name(ofLevelOf: step)) within \(section.limits.joined(separator: ", "))"), section,
                trouble: step.breach.map {
                    ("failure", "\($0.limit): \($0.value) in seconds \($0.from) to \($0.to), \($0.task ?? "all tasks")")
                })
        } + faults
    }

    /// It fails where all was not well again before the load ended, or the next fault came.
    private static func testCase(of fault: Fault, name: (String) -> String, in section: Section) -> String {
        let numbers = Numbers(.english, plain: true)
        let later = fault.bill.failedLater > 0 ? ", \(fault.bill.failedLater) failed later" : ""
        let cost = "\(fault.bill.lost) requests lost\(later)"
        let text =
            fault.bill.recovery.map { "\(cost), well again after \(numbers.exact($0)) s" }
            ?? "\(cost), not well again for at least \(numbers.exact(fault.bill.unwell ?? 0)) s"
        return testCase(
            name("\(fault.name) at \(numbers.exact(fault.bill.began)) s"), section,
            trouble: fault.trouble.map { ("error", $0) } ?? (fault.bill.recovery == nil ? ("failure", text) : nil), text
        )
    }

    /// `100 users`, or `500 arrivals/s`.
    private static func name(ofLevelOf step: Step) -> String {
        step.arrivalsPerSecond.map { "\(Numbers(.english, plain: true).exact($0)) arrivals/s" }
            ?? "\(step.users ?? 0) users"
    }

    private static func testCase(
        _ name: String, _ section: Section, trouble: (kind: String, text: String)?, _ output: String = ""
    ) -> String {
        var inner = trouble.map { "<\($0.kind) message=\"\(HTML.escaped($0.text))\"/>" } ?? ""
        if !output.isEmpty { inner += "<system-out>\(HTML.escaped(output))</system-out>" }
        return
            "    <testcase classname=\"\(HTML.escaped(section.name))\" name=\"\(HTML.escaped(name))\">\(inner)</testcase>\n"
    }
}
