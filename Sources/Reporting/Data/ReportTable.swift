/// A report's plateaus as comma-separated values (RFC 4180): a row per task of each plateau, latencies in milliseconds.
/// Plateaus of an open load have no users; a further column, only where there are such, has their arrivals per second. Another
/// one, only where there were signs, counts those of the step in its row of all tasks, for example `mysql_1040=31`. Where faults
/// were made, each has a row of its own after its measurement's plateaus, with the purpose `fault` and columns of its own.
extension ReportData {
    package var csv: String {
        let isOpen = experiments.contains { section in
            section.measurements.contains { $0.steps.contains { $0.arrivalsPerSecond != nil } }
        }
        let hasSigns = experiments.contains { section in
            section.measurements.contains { $0.steps.contains { $0.signs != nil } }
        }
        let hasFaults = experiments.contains { $0.measurements.contains { $0.faults != nil } }
        let head =
            [
                "run", "experiment", "variant", "repetition", "step", "purpose", "users", "from_s", "to_s", "passed",
                "task",
                "requests", "requests_per_s", "failed", "error_rate", "mean_ms", "p50_ms", "p90_ms", "p95_ms", "p99_ms",
                "max_ms", "first_byte_p50_ms", "first_byte_p95_ms",
            ] + (isOpen ? ["arrivals_per_s"] : []) + (hasSigns ? ["signs"] : []) + (hasFaults ? Self.faultColumns : [])
        var rows = [head]
        for section in experiments {
            for entry in section.measurements {
                for (index, step) in entry.steps.enumerated() {
                    let place = [
                        run, section.name, entry.variant ?? "", String(entry.repetition ?? 1), String(index + 1),
                        step.purpose, step.users.map(String.init) ?? "", String(step.from), String(step.to),
                        String(step.passed),
                    ]
                    let rate = isOpen ? [step.arrivalsPerSecond.map(CSV.number) ?? ""] : []
                    let signs = (step.signs ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
                        .joined(separator: ";")
                    rows += step.requests.map { request in
                        let counted = hasSigns ? [request.task == nil ? signs : ""] : []
                        let cells = place + Self.cells(request) + rate + counted
                        return cells + Array(repeating: "", count: head.count - cells.count)
                    }
                }
                let place = [run, section.name, entry.variant ?? "", String(entry.repetition ?? 1)]
                rows += (entry.faults ?? []).enumerated().map { index, fault in
                    let cells = place + [String(index + 1)] + Self.cells(fault)
                    let blank = Array(repeating: "", count: head.count - Self.faultColumns.count - cells.count)
                    return cells + blank + Self.cost(fault)
                }
            }
        }
        return rows.map { $0.map(CSV.quoted).joined(separator: ",") + "\r\n" }.joined()
    }

    private static let faultColumns = [
        "fault", "lost", "failed_later", "open", "first_failure_s", "well_again_s", "not_well_for_s",
        "share_of_error_budget",
    ]

    /// Up to `to_s`: when it began, and when it was taken back.
    private static func cells(_ fault: Fault) -> [String] {
        ["fault", "", CSV.number(fault.bill.began), fault.ended.map(CSV.number) ?? ""]
    }

    private static func cost(_ fault: Fault) -> [String] {
        let bill = fault.bill
        return [fault.name, String(bill.lost), String(bill.failedLater), String(bill.open)]
            + [bill.firstFailure, bill.recovery, bill.unwell, bill.budgetShare].map { $0.map(CSV.number) ?? "" }
    }

    private static func cells(_ requests: Requests) -> [String] {
        let latencies = requests.succeeded
        let values = [
            latencies.mean, latencies.p50, latencies.p90, latencies.p95, latencies.p99, latencies.maximum,
            requests.firstByte?.p50, requests.firstByte?.p95,
        ]
        return [
            requests.task ?? "", String(requests.count), CSV.number(requests.perSecond), String(requests.failed),
            requests.errorRate.map(CSV.number) ?? "",
        ] + values.map { $0.map { CSV.number($0 * 1000) } ?? "" }
    }
}

/// Cells of comma-separated values.
enum CSV {
    /// With a point and up to six decimals in every language.
    static func number(_ value: Double) -> String {
        let millionths = Int((value * 1_000_000).rounded())
        let (whole, rest) = millionths.magnitude.quotientAndRemainder(dividingBy: 1_000_000)
        var text = String(rest)
        text = String(repeating: "0", count: 6 - text.count) + text
        while text.last == "0" { text.removeLast() }
        return (millionths < 0 ? "-" : "") + "\(whole)" + (text.isEmpty ? "" : "." + text)
    }

    static func quoted(_ cell: String) -> String {
        guard cell.contains(where: { ",\"\r\n".contains($0) }) else { return cell }
        return "\"" + cell.replacing("\"", with: "\"\"") + "\""
    }
}
