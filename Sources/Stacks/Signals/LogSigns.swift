import Foundation
package import Model

/// Counts the known signs in one log by the second of the load, as its bytes come.
package struct LogSigns {
    private let component: String
    /// The second of the load of a line that begins at some byte of the log; nil outside of the load.
    private let second: (_ line: UnsafeRawBufferPointer, _ offset: Int) -> Int?
    private var rest: [UInt8] = []
    /// Of the log, before `rest`.
    private var offset = 0
    private var counts: [SignKind: [Int: Int]] = [:]
    private var examples: [SignKind: String] = [:]

    /// A line that is longer is read in parts.
    private static let longest = 1 << 20

    package init(
        component: String, second: @escaping (_ line: UnsafeRawBufferPointer, _ offset: Int) -> Int?
    ) {
        self.component = component
        self.second = second
    }

    package mutating func read(_ bytes: UnsafeRawBufferPointer) {
        rest.append(contentsOf: bytes)
        guard let end = rest.lastIndex(of: 0x0A) ?? (rest.count > Self.longest ? rest.count - 1 : nil) else { return }
        count(upTo: end + 1)
    }

    /// No more bytes come.
    package mutating func finish() { count(upTo: rest.count) }

    package var series: [SignSeries] {
        counts.sorted { $0.key.rawValue < $1.key.rawValue }.map { sign, counts in
            SignSeries(
                kind: sign, source: .log, component: component, counts: counts, example: examples[sign] ?? "")
        }
    }

    private mutating func count(upTo end: Int) {
        let part = rest[..<end]
        part.withUnsafeBytes { bytes in
            SignScanner.shared.lines(in: bytes) { sign, line, place in
                guard sign.sources.contains(.log),
                    let second = second(.init(rebasing: bytes[line]), offset + line.lowerBound)
                else { return }
                counts[sign, default: [:]][second, default: 0] += 1
                guard examples[sign] == nil else { return }
                let words = UnsafeRawBufferPointer(rebasing: bytes[line])
                let begins = LineTime.read(words) == nil ? line.lowerBound : line.lowerBound + LineTime.length(words)
                examples[sign] = SignExcerpt.kept(bytes, line: begins..<line.upperBound, place: place)
            }
        }
        offset += end
        rest.removeSubrange(..<end)
    }
}

/// When a load ran, by the wall clock.
package struct LoadWindow: Sendable, Equatable {
    package var began: UnixTime
    package var ended: UnixTime

    package init(began: UnixTime, ended: UnixTime) {
        self.began = began
        self.ended = ended
    }

    /// The second of the load that a time belongs to; nil before and after it.
    package func second(of time: UnixTime) -> Int? {
        time >= began && time <= ended ? Int(time - began) : nil
    }
}

/// The instant before each line that `docker logs --timestamps` prints, for example `2026-11-25T13:00:00.123456789Z `.
package enum LineTime {
    /// - Returns: nil where the line begins with none.
    package static func read(_ line: UnsafeRawBufferPointer) -> UnixTime? {
        guard line.count >= 20, line[4] == UInt8(ascii: "-"), line[10] == UInt8(ascii: "T") else { return nil }
        func number(_ range: Range<Int>) -> Int? {
            range.reduce(into: Int?(0)) { value, place in
                let digit = Int(line[place]) - 48
                value = (0...9).contains(digit) ? value.map { $0 * 10 + digit } : nil
            }
        }
        guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10), let hour = number(11..<13),
            let minute = number(14..<16), let second = number(17..<19), (1...12).contains(month)
        else { return nil }
        var (fraction, digit, place) = (0.0, 0.1, 20)
        if line[19] == UInt8(ascii: ".") {
            // To microseconds: a time since 1970 holds no more, and is not to be rounded up to the next second.
            while place < min(line.count, 26), (48...57).contains(line[place]) {
                fraction += Double(line[place] - 48) * digit
                digit /= 10
                place += 1
            }
        }
        return Double(days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second) + fraction
    }

    /// How many bytes the instant and the blank after it take.
    static func length(_ line: UnsafeRawBufferPointer) -> Int {
        (line.prefix(40).firstIndex(of: 0x20) ?? -1) + 1
    }

    /// Days since 1970 in the Gregorian calendar (H. Hinnant, "chrono-Compatible Low-Level Date Algorithms").
    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let year = month <= 2 ? year - 1 : year
        let era = year / 400
        let ofEra = year - era * 400
        let ofYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + ofEra * 365 + ofEra / 4 - ofEra / 100 + ofYear - 719_468
    }
}
