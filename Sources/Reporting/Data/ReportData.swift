import Analysis
package import Model

/// What a report says, as data: the values that its tables are written from, in seconds and shares, without words.
///
/// `templates/report.schema.json` describes its form.
package struct ReportData: Codable, Sendable, Equatable {
    package var format = 1
    package var run: String
    package var version: String
    package var commit: String?
    package var began: UnixTime
    package var quick: Bool
    package var host: Host
    package var experiments: [Section]
    /// Places of the record that are missing or cannot be read.
    package var missing: [String]

    package struct Section: Codable, Sendable, Equatable {
        package var name: String
        package var question: Int?
        /// As they are written in the definition.
        package var limits: [String]
        /// In the order in which they are reported; empty when the experiment was not begun.
        package var measurements: [Entry]
    }

    package struct Entry: Codable, Sendable, Equatable {
        package var variant: String?
        package var repetition: Int?
        package var stack: String
        /// "measured", "failed" or "interrupted".
        package var outcome: String
        /// Why it failed.
        package var reason: String?
        package var answer: Answer?
        package var policy: String?
        /// Of the whole load, its ramps and the ways between its steps included: all tasks together first, then each. nil where
        /// nothing was recorded, and in reports of versions that did not sum it up.
        package var totals: [Total]?
        package var steps: [Step]
        package var replicas: [Replica]?
        /// What each fault cost; nil where none was done.
        package var faults: [Fault]?
        /// The same calculation where nothing was done.
        package var control: Bill?
        /// Known messages of trouble; nil where they were not looked for.
        package var signs: [Sign]?
    }

    /// Requests that ended.
    package struct Total: Codable, Sendable, Equatable {
        /// nil: all tasks together.
        package var task: String?
        package var count: Int
        package var failed: Int
    }

    /// One sign in one place over the load.
    package struct Sign: Codable, Sendable, Equatable {
        /// For example `mysql_1040`.
        package var kind: String
        /// "log", "answers" or "engine".
        package var source: String
        /// The component; nil of answers.
        package var part: String?
        /// Seconds of the load in which it was seen, and how often in each.
        package var seconds: [Int]
        package var counts: [Int]
        package var example: String?
    }

    package struct Fault: Codable, Sendable, Equatable {
        /// For example `kill store-2`.
        package var name: String
        package var part: String
        /// When it was taken back, in seconds of the load.
        package var ended: Seconds?
        /// Why it could not be done, or not be taken back.
        package var trouble: String?
        package var bill: Bill
    }

    /// Times in seconds; those until something from the onset.
    package struct Bill: Codable, Sendable, Equatable {
        /// Seconds of the load.
        package var began: Seconds
        package var done: Seconds
        package var firstFailure: Seconds?
        package var lost: Int
        package var failed: Int
        package var kinds: [String: Int]
        /// Failed requests as a share of all, before.
        package var usualErrors: Share
        package var budgetShare: Share?
        package var throughputKept: Share?
        /// Whether fewer succeeded per second than chance explains; nil where that is not known.
        package var throughputLost: Bool?
        package var p50Before: Seconds?
        package var p50During: Seconds?
        package var p95Before: Seconds?
        package var p95During: Seconds?
        /// nil where the load or the time until the next fault ended first.
        package var recovery: Seconds?
        package var withinLimits: Seconds?
        package var latencyAsBefore: Seconds?
        /// How long it was not well at least.
        package var unwell: Seconds?
        package var open: Int
        package var failedLater: Int
    }

    /// What a search found.
    package struct Answer: Codable, Sendable, Equatable {
        /// Most users that passed.
        package var passed: Int?
        /// Fewest users that failed.
        package var failed: Int?
        package var width: Share?
        package var estimate: Estimate?
        /// On a machine that does the fixed calculation in 1 ms.
        package var atCommonSpeed: Estimate?
        package var confirmed: Bool
        package var generatorLimited: Bool
    }

    /// Users at which a criterion is met on half of all plateaus, with its 95 % interval; a bound is nil where the trials do not give it.
    package struct Estimate: Codable, Sendable, Equatable {
        package var users: Double
        package var lower: Double?
        package var upper: Double?
        /// From plateau to plateau: a standard deviation.
        package var spread: Share
    }

    package struct Step: Codable, Sendable, Equatable {
        /// nil of an open load.
        package var users: Int?
        /// Of an open load.
        package var arrivalsPerSecond: Double?
        package var purpose: String
        /// Seconds of the load.
        package var from: Int
        package var to: Int
        package var passed: Bool
        package var validity: String?
        /// Of the plateau; 1 is the machine's speed in the median second of the load. nil where it was not measured.
        package var machineSpeed: Double?
        /// nil where they were not counted.
        package var ordersBegan: Int?
        package var ordersEnded: Int?
        package var breach: Breach?
        /// Of all tasks first, then of each.
        package var requests: [Requests]
        /// Of each group of tasks; nil where the tasks have none.
        package var groups: [Requests]?
        /// How often each sign was seen, its ramp included, in the place where it was seen most: one failure may stand in a log
        /// and in an answer. nil where none was.
        package var signs: [String: Int]?
    }

    package struct Breach: Codable, Sendable, Equatable {
        package var limit: String
        package var task: String?
        package var value: Double
        package var from: Int
        package var to: Int
    }

    package struct Requests: Codable, Sendable, Equatable {
        /// nil: all tasks together.
        package var task: String?
        package var count: Int
        package var perSecond: Double
        package var failed: Int
        package var errorRate: Share?
        package var succeeded: Latencies
        package var failures: Latencies
        /// From when a request was sent to the first byte of its answer, of those that succeeded.
        package var firstByte: Latencies?
        package var kinds: [String: Int]
    }

    /// In seconds.
    package struct Latencies: Codable, Sendable, Equatable {
        package var mean: Seconds?
        package var p50: Seconds?
        package var p90: Seconds?
        package var p95: Seconds?
        package var p99: Seconds?
        package var maximum: Seconds?

        init(_ summary: LatencySummary) {
            (mean, p50, p90) = (summary.mean, summary.p50, summary.p90)
            (p95, p99, maximum) = (summary.p95, summary.p99, summary.maximum)
        }
    }

    package struct Replica: Codable, Sendable, Equatable {
        package var name: String
        package var requests: Double
        package var share: Share?
        package var errors: Double?
    }
}
