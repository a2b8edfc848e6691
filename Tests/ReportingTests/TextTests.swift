import Model
import Reporting
import TestSupport
import Testing

@Suite(.timed) struct NumberTests {
    private let english = Numbers(.english)
    private let french = Numbers(.french)

    @Test func frenchCountsInThePluralFromTwoOn() {
        let counts = [0, 0.15, 1, 1.83, 2, -1.7, -2]
        #expect(counts.map(Numbers(.french).isPlural) == [false, false, false, false, true, false, true])
        #expect(counts.map(Numbers(.english).isPlural) == [true, true, false, true, true, true, true])
    }

    @Test func thousandsAreGrouped() {
        #expect(english.integer(0) == "0")
        #expect(english.integer(999) == "999")
        #expect(english.integer(1_234_567) == "1,234,567")
        #expect(english.integer(-1000) == "-1,000")
        #expect(french.integer(1_234_567) == "1\u{202F}234\u{202F}567")
        #expect(Numbers(.french, plain: true).integer(1234) == "1 234")
    }

    @Test func decimalsAreRounded() {
        #expect(english.decimal(1.005, digits: 1) == "1.0")
        #expect(english.decimal(0.95, digits: 1) == "1.0" || english.decimal(0.95, digits: 1) == "0.9")
        #expect(english.decimal(0.0449, digits: 3) == "0.045")
        #expect(english.decimal(-0.001, digits: 2) == "0.00")
        #expect(english.decimal(12_345.678, digits: 2) == "12,345.68")
        #expect(french.decimal(1234.5, digits: 1) == "1\u{202F}234,5")
        #expect(english.decimal(.nan, digits: 1) == "–")
        #expect(english.decimal(.infinity, digits: 1) == "–")
    }

    @Test func latenciesKeepThreeDigits() {
        #expect(english.milliseconds(0.000_123) == "0.12")
        #expect(english.milliseconds(0.012_34) == "12.3")
        #expect(english.milliseconds(1.234) == "1,234")
        #expect(french.latency(0.0123) == "12,3\u{A0}ms")
    }

    @Test func percentagesNeverRoundToAllOrNothing() {
        #expect(english.percent(0) == "0%")
        #expect(english.percent(1) == "100%")
        #expect(english.percent(1.000_01) == "100%")
        #expect(english.percent(1.02) == "102.0%")
        #expect(english.percent(0.000_01) == "<0.01%")
        #expect(english.percent(0.999_999) == ">99.99%")
        #expect(english.percent(0.9996) == "99.96%")
        #expect(english.percent(0.005) == "0.50%")
        #expect(english.percent(0.123) == "12.3%")
        #expect(french.percent(0.123) == "12,3\u{A0}%")
        #expect(english.difference(percent: -0.02) == "-2.0%")
        #expect(english.difference(percent: 0.02) == "+2.0%")
        #expect(english.difference(percent: 0) == "0%", "no sign where there is no difference")
        #expect(
            [0.0248, 0.786, 6.193, 13.572, 139.2].map(english.significant) == ["0.025", "0.786", "6.19", "13.6", "139"])
    }

    @Test func whatPeopleWroteStaysAsTheyWroteIt() {
        #expect(english.exact(2) == "2")
        #expect(english.exact(0.5) == "0.5")
        #expect(english.exact(0.25) == "0.25")
        #expect(english.exactPercent(0.05) == "5%")
        #expect(english.exactPercent(0.125) == "12.5%")
        #expect(french.exactPercent(0.125) == "12,5\u{A0}%")
        #expect(english.seconds(60) == "60\u{A0}s")
        #expect(english.seconds(2.5) == "2.5\u{A0}s")
        #expect(english.seconds(0.25) == "250\u{A0}ms")
        #expect(english.seconds(0) == "0\u{A0}s")
    }

    @Test(arguments: [
        (0.0, "1970-01-01 00:00:00 UTC"), (951_782_399, "2000-02-28 23:59:59 UTC"),
        (951_782_400, "2000-02-29 00:00:00 UTC"), (1_795_428_900, "2026-11-23 10:15:00 UTC"),
        (-1, "1969-12-31 23:59:59 UTC"), (4_102_444_800.9, "2100-01-01 00:00:00 UTC"),
    ])
    func datesAreInUTC(time: Double, text: String) {
        #expect(Numbers.date(time) == text)
    }
}

@Suite(.timed) struct TemplateTests {
    private let files = ["report.mustache": "{{w.a}}", "words.en.txt": "a = b", "words.fr.txt": "a = c"]

    private func problem(_ change: (inout [String: String]) -> Void) -> String {
        var files = files
        change(&files)
        do {
            _ = try ReportTemplates(files: files)
            return ""
        } catch {
            return "\(error)"
        }
    }

    @Test func faultsNameTheFileAndLine() {
        #expect(problem { _ in }.isEmpty)
        #expect(problem { $0["report.mustache"] = nil }.contains("report.mustache is missing"))
        #expect(problem { $0["words.fr.txt"] = nil }.contains("words.fr.txt is missing"))
        #expect(problem { $0["report.mustache"] = "a\n{{#b}}" }.contains("templates/report/report.mustache:"))
        #expect(problem { $0["words.en.txt"] = "# c\n\nno sign" }.contains("templates/report/words.en.txt:3:"))
        #expect(problem { $0["words.en.txt"] = "a = 1\na = 2" }.contains("words.en.txt:2: a is there twice"))
        #expect(problem { $0["words.en.txt"] = "a = {{b" }.contains("words.en.txt:1"))
    }

    @Test func aMissingWordIsNamed() throws {
        let templates = try ReportTemplates(files: files)
        #expect {
            try renderReport(StudiedRun(Fabricated.lab()), language: .english, templates: templates)
        } throws: { error in
            "\(error)".contains("words.en.txt has no line for")
        }
    }
}
