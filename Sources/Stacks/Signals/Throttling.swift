import Foundation
import Model

/// How often a CPU limit stopped a control group (Linux kernel, `sched-bwc.rst`, "Statistics").
package enum Throttling {
    /// Of a group's `cpu.stat`: periods in which it wanted to run, and those in which it was stopped.
    package static func parse(_ text: String) -> (periods: Double, stopped: Double)? {
        func value(_ key: String) -> Double? {
            text.split(separator: "\n").first { $0.hasPrefix(key + " ") }?.split(separator: " ").last
                .flatMap { Double($0) }
        }
        guard let periods = value("nr_periods"), let stopped = value("nr_throttled") else { return nil }
        return (periods, stopped)
    }

    static func read(_ folder: String) -> (periods: Double, stopped: Double)? {
        FileManager.default.contents(atPath: folder + "/cpu.stat")
            .flatMap { parse(String(decoding: $0, as: UTF8.self)) }
    }
}

/// The share of periods in which each group was stopped, from look to look.
struct ThrottlingWatch {
    private var before: [String: (periods: Double, stopped: Double)] = [:]

    /// - Parameter groups: the control group's folder by component.
    mutating func look(at groups: [String: String], board: SignalBoard) {
        for (component, folder) in groups {
            guard let now = Throttling.read(folder) else { continue }
            if let earlier = before[component] {
                let periods = now.periods - earlier.periods
                // Without periods it had nothing to do.
                let share = periods > 0 ? (now.stopped - earlier.stopped) / periods : 0
                board.post(.throttled, of: component, .value(max(0, min(1, share))))
            }
            before[component] = now
        }
    }
}
