import Analysis
import Foundation
import Model

/// One thing that a full answer holds, and by what it is recognised in a report.
struct GradingItem {
    /// `grade_NAME` in the words.
    var name: String
    /// All of these have to be there, each in one of its forms.
    var texts: [[String]]
    /// Whether the data have it; where it is always written, the text alone does not say so.
    var isMeasured = true
}

extension GradingWriter {
    /// Of a question of the lab.
    /// - Parameters:
    ///   - question: 1 to 5.
    ///   - study: of its experiment's first measurement; nil where nothing was measured.
    func items(for question: Int, _ study: Study?) throws -> [GradingItem] {
        let rows = try [
            GradingItem(
                name: "percentiles",
                texts: [
                    ["tablePassed", "tableOutcome"].map {
                        "| \(try words($0)) | \(try words("tableRate")) | p50 (ms) |"
                    }
                ])
        ]
        let criterion = try GradingItem(name: "criterion", texts: [[opening("criterion", "limits")]])
        let counters = try GradingItem(
            name: "counters", texts: [["| \(words("tableCounter")) | \(words("tableTask")) | Prometheus |"]],
            isMeasured: study?.measurement.counters.contains { $0.prometheus != nil } == true)
        let search = try [
            GradingItem(
                name: "bounds", texts: [[words("chartLadder", ["metric": ""])], [summary("headingBounds")]],
                isMeasured: study?.answer?.isBounded == true),
            GradingItem(
                // In the row of the step that failed.
                name: "broken",
                texts: [
                    study?.answer?.failing?.breach.map { ["| \(Markdown.cell(try writer.breach($0)))"] }
                        ?? ["| \(words("tableBroken")) |"]
                ],
                isMeasured: study?.answer?.failing?.breach != nil),
            GradingItem(
                name: "failures",
                texts: [["| \(words("tableKind")) | \(words("tableOnPlateaus")) |", words("failuresNone")]]),
            GradingItem(name: "failureChart", texts: [[words("chartUsersOverTime")], [words("chartRateOverTime")]]),
            GradingItem(
                name: "saturated",
                texts: [
                    [summary("headingBottleneck"), summary("headingSaturation")],
                    ["| \(words("tablePart")) | \(words("tableSignal")) |"],
                ]),
            criterion,
        ]
        let compared = try GradingItem(
            name: "compared",
            texts: [
                ["comparedBetterShort", "comparedWorseShort", "comparedSameShort"].map { try opening($0, "other") }
            ])
        switch question {
        case 1:
            return try rows + [
                GradingItem(name: "ramp", texts: [[summary("headingPlateau")], [words("chartUsersOverTime")]]),
                GradingItem(
                    name: "time",
                    texts: [
                        [words("chartUsersOverTime")], [words("chartRateOverTime")], [words("chartLatencyOverTime")],
                    ]),
                counters, criterion,
            ]
        case 2: return search
        case 3: return search + rows + [compared]
        case 4:
            return try search + rows + [
                compared,
                GradingItem(
                    name: "replicas",
                    texts: [["| \(words("tableReplica")) | \(words("tableRequests")) | \(words("tableShare")) |"]]),
                // A chart's title has a unit.
                GradingItem(name: "prometheusCharts", texts: [[words("prometheus_request_rate") + " ["]]),
            ]
        default:
            return try [
                GradingItem(name: "policy", texts: [[opening("answerPolicy", "policy")]]),
                GradingItem(
                    name: "excerpt",
                    texts: [[between("policyExcerpt", "to", "folder"), between("policyExcerptShort", "to", "folder")]]),
                GradingItem(name: "does", texts: [Self.policies.map { try words($0 + "Does") }]),
                GradingItem(
                    name: "shares",
                    texts: [["| \(words("policyRead")) |"]] + Self.variants.map { ["`\($0)`"] }),
            ]
        }
    }

    /// Of the whole report.
    func itemsOfAll() throws -> [GradingItem] {
        try [
            GradingItem(name: "criterion", texts: [[opening("criterion", "limits")]]),
            GradingItem(name: "plateaus", texts: [[summary("foldMethod")], [words("reportReading")]]),
            GradingItem(name: "sources", texts: [[summary("headingEvidence")]]),
            GradingItem(
                name: "sameData",
                texts: [[opening("factDataset", "users"), opening("factDatasetRestored", "users")]]),
            GradingItem(
                name: "valid",
                texts: [[opening("verdictsValid", "count"), "**VALID**", "**GENERATOR-LIMITED**", "**INCONCLUSIVE**"]]),
            GradingItem(name: "repeated", texts: [[words("validitySingle"), words("validityRepeated")]]),
            GradingItem(
                name: "machine", texts: [["| \(words("envProcessor")) |"], ["| \(words("envVersion")) |"]]),
        ]
    }

    private static let policies = [
        "policyRoundRobin", "policyLeastConnections", "policyIPHash", "policyRandom", "policyRandomTwo", "policyHash",
        "policyOther",
    ]
    /// That the lab's policies experiment deploys; a table of shares names each.
    private static let variants = ["round_robin", "least_conn", "ip_hash", "random"]

    private func summary(_ name: String) throws -> String { "<summary>\(try words(name))</summary>" }

    /// What a sentence of the report says before a value.
    private func opening(_ name: String, _ value: String) throws -> String {
        String(try words(name, [value: Self.mark]).prefix { String($0) != Self.mark })
    }

    /// What it says between two values.
    private func between(_ name: String, _ first: String, _ second: String) throws -> String {
        let parts = try words(name, [first: Self.mark, second: Self.mark]).components(separatedBy: Self.mark)
        return parts.count == 3 ? parts[1] : ""
    }

    /// Stands in no report.
    private static let mark = "\u{1}"
}

extension LimitAnswer {
    fileprivate var isBounded: Bool {
        if case .interval = verdict { return true }
        return false
    }
}
