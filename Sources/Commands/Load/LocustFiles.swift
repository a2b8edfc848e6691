import Foundation
import Model
import Orchestrator

/// The whole load as CSV files in the layout of Locust's (2.x, `--csv`), so that people's notebooks go on working.
///
/// As there, latencies are milliseconds of all requests, failed ones included, ramp and plateau together. What is not
/// measured here, the size of the content, is left empty.
struct LocustFiles {
    let prefix: String
    let load: LoadDefinition

    private static let percentiles = [50.0, 66, 75, 80, 90, 95, 98, 99, 99.9, 99.99, 100]
    private static let percentileNames = [
        "50%", "66%", "75%", "80%", "90%", "95%", "98%", "99%", "99.9%", "99.99%", "100%",
    ]
    static let statsHead =
        [
            "Type", "Name", "Request Count", "Failure Count", "Median Response Time", "Average Response Time",
            "Min Response Time", "Max Response Time", "Average Content Size", "Requests/s", "Failures/s",
        ] + percentileNames
    static let historyHead =
        ["Timestamp", "User Count", "Type", "Name", "Requests/s", "Failures/s"] + percentileNames + [
            "Total Request Count", "Total Failure Count", "Total Median Response Time", "Total Average Response Time",
            "Total Min Response Time", "Total Max Response Time", "Total Average Content Size",
        ]
    static let failuresHead = ["Method", "Name", "Error", "Occurrences", "First Seen", "Last Seen"]
    static let exceptionsHead = ["Count", "Message", "Traceback", "Nodes"]

    /// - Throws: `Problem` when nothing can be written there, before any load is sent.
    func probe() throws { try write([Self.exceptionsHead], to: "_exceptions.csv") }

    func write(_ result: PlainLoad.Result) throws {
        let began = result.measurement.loadBegan ?? result.measurement.began
        try write(
            [Self.statsHead] + stats(result.samples, seconds: result.measurement.generator?.seconds), to: "_stats.csv")
        try write([Self.historyHead] + history(result.samples, began: began), to: "_stats_history.csv")
        try write([Self.failuresHead] + failures(result, began: began), to: "_failures.csv")
        try write([Self.exceptionsHead], to: "_exceptions.csv")
    }

    /// - Parameter seconds: of the whole load; the last sample covers a part of a second only.
    func stats(_ samples: [SecondSample], seconds: Seconds?) -> [[String]] {
        // Locust sorts by name.
        let order = load.tasks.indices.sorted { load.tasks[$0].name < load.tasks[$1].name }
        let seconds = max(0.001, seconds ?? Double(samples.count))
        return
            (order.map { ([$0], load.tasks[$0].method.rawValue, load.tasks[$0].name) }
            + [(Array(load.tasks.indices), "", "Aggregated")])
            .map { tasks, method, name in
                let sums = Sums(tasks: tasks, samples: samples[...])
                return [method, name] + sums.totals
                    + ["\(Double(sums.all.count) / seconds)", "\(Double(sums.failed) / seconds)"]
                    + Self.percentiles(of: sums.all)
            }
    }

    /// One line a second, of all requests together: rates over the last ten seconds, the rest since the beginning.
    func history(_ samples: [SecondSample], began: UnixTime) -> [[String]] {
        let tasks = Array(load.tasks.indices)
        var all = Distribution()
        var failed = 0
        return samples.indices.map { index in
            let now = Sums(tasks: tasks, samples: samples[index...index])
            all = .merged([all, now.all])
            failed += now.failed
            let recent = samples[max(0, index - 9)...index]
            let sums = Sums(tasks: tasks, samples: recent)
            let seconds = Double(recent.count)
            return [
                "\(Int(began) + samples[index].second + 1)", "\(samples[index].users)", "", "Aggregated",
                Self.fixed(Double(sums.all.count) / seconds), Self.fixed(Double(sums.failed) / seconds),
            ] + Self.percentiles(of: all) + Sums(all: all, failed: failed).totals
        }
    }

    private func failures(_ result: PlainLoad.Result, began: UnixTime) -> [[String]] {
        load.tasks.enumerated().flatMap { index, task in
            let seconds = result.samples.filter { $0.tasks.indices.contains(index) }
            let kinds = Set(seconds.flatMap { $0.tasks[index].failures.keys }).sorted { $0.rawValue < $1.rawValue }
            return kinds.map { kind in
                let seen = seconds.filter { $0.tasks[index].failures[kind] != nil }
                let detail = result.measurement.failures.first { $0.task == task.name && $0.kind == kind }?.detail
                return [
                    task.method.rawValue, task.name, detail.map { "\(kind.rawValue): \($0)" } ?? kind.rawValue,
                    "\(seen.reduce(0) { $0 + ($1.tasks[index].failures[kind] ?? 0) })",
                    Self.time(began + Double(seen.first?.second ?? 0)),
                    Self.time(began + Double(seen.last?.second ?? 0)),
                ]
            }
        }
    }

    private struct Sums {
        var all: Distribution
        var failed: Int

        init(all: Distribution, failed: Int) {
            self.all = all
            self.failed = failed
        }

        init(tasks: [Int], samples: ArraySlice<SecondSample>) {
            let parts = samples.flatMap { sample in
                tasks.compactMap { sample.tasks.indices.contains($0) ? sample.tasks[$0] : nil }
            }
            all = .merged(parts.flatMap { [$0.succeeded, $0.failed] })
            failed = parts.reduce(0) { $0 + $1.failed.count }
        }

        /// Counts, then median, mean, minimum and maximum in milliseconds, then the size that is not measured.
        var totals: [String] {
            let times = [all.percentile(50), all.mean, all.minimum, all.maximum].map { "\(($0 ?? 0) * 1000)" }
            return ["\(all.count)", "\(failed)"] + times + [""]
        }
    }

    private static func percentiles(of all: Distribution) -> [String] {
        percentiles.map { share in all.percentile(share).map { "\(Int(($0 * 1000).rounded()))" } ?? "N/A" }
    }

    private static func fixed(_ value: Double) -> String {
        let millionths = Int((value * 1e6).rounded())
        let rest = String(millionths % 1_000_000)
        return "\(millionths / 1_000_000).\(String(repeating: "0", count: 6 - rest.count))\(rest)"
    }

    private static func time(_ time: UnixTime) -> String {
        Date(timeIntervalSince1970: time.rounded(.down)).formatted(.iso8601)
    }

    private func write(_ rows: [[String]], to ending: String) throws {
        // RFC 4180: lines end with CR LF; a field with a comma, a quote or a line break is quoted.
        let text = rows.map { $0.map(Self.field).joined(separator: ",") + "\r\n" }.joined()
        do {
            try Data(text.utf8).write(to: URL(fileURLWithPath: prefix + ending), options: .atomic)
        } catch {
            throw Problem(.machine, "cannot write \(prefix)\(ending): \(error.localizedDescription)")
        }
    }

    private static func field(_ text: String) -> String {
        text.contains { ",\"\r\n".contains($0) || $0.isNewline } ? "\"\(text.replacing("\"", with: "\"\""))\"" : text
    }
}
