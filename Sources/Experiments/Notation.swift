package import Model

/// The notation of experiment files for what stands on a command line: `10s`, `50/s`, `1s..3s`, `p95 > 500ms for 5s`.
package enum Notation {
    /// - Throws: `Problem` of usage, as all of these do.
    package static func duration(_ text: String, in range: ClosedRange<Seconds>) throws -> Seconds {
        try reading { () throws(Unreadable) in
            try bounded(Quantity.duration(text), in: range) { Quantity.written(duration: $0) }
        }
    }

    /// `50/s`; on a command line a bare `50` will do.
    package static func rate(_ text: String, in range: ClosedRange<Double>) throws -> Double {
        try reading { () throws(Unreadable) in
            let rate = text.hasSuffix("/s") ? try Quantity.rate(text) : try Quantity.decimal(text)
            return try bounded(rate, in: range) { "\(Quantity.written($0))/s" }
        }
    }

    package static func share(_ text: String, in range: ClosedRange<Share>) throws -> Share {
        try reading { () throws(Unreadable) in
            try bounded(Quantity.share(text), in: range) { Quantity.written(share: $0) }
        }
    }

    package static func thinkTime(_ text: String) throws -> ThinkTime {
        let value = YAMLValue(place: .start, content: .scalar(text, quoted: true))
        return try reading { () throws(Unreadable) in
            try LoadDecoder(log: FaultLog(file: ""), folder: "", dataset: nil).thinkTime(value)
        }
    }

    /// - Parameter whole: the window of a criterion without `for …`: the whole plateau.
    package static func criterion(_ text: String, whole: Seconds) throws -> Criterion {
        let windowed = text.contains(" for ") ? text : "\(text) for \(Quantity.written(duration: whole))"
        let value = YAMLValue(place: .start, content: .scalar(windowed, quoted: true))
        return try reading { () throws(Unreadable) in
            var criterion = try CriterionDecoder(log: FaultLog(file: ""), load: nil).criterion(value)
            criterion.text = text
            return criterion
        }
    }

    /// `201`, `2xx`, or several with commas.
    package static func statuses(_ text: String) throws -> Check {
        let values = text.split(separator: ",").map {
            YAMLValue(place: .start, content: .scalar(String($0).trimmed, quoted: false))
        }
        return try reading { () throws(Unreadable) in
            let statuses = try CheckDecoder(log: FaultLog(file: "")).statuses(
                YAMLValue(place: .start, content: .list(values)))
            return Check(status: statuses[0].lowerBound, otherStatuses: statuses)
        }
    }

    static func reading<Value>(_ read: () throws(Unreadable) -> Value) throws -> Value {
        do throws(Unreadable) {
            return try read()
        } catch {
            throw Problem(.usage, error.message)
        }
    }
}
