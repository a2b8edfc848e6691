import Model

/// A line of a report that is not what the record gives.
package struct ReportDifference: Sendable, Equatable {
    /// In the report, from 1; where a line is missing there, the one before which it belongs.
    package var line: Int
    /// nil: there is no such line in the report.
    package var found: String?
    /// nil: the record gives no such line.
    package var expected: String?
    /// Only words differ: the templates, or the version of the program, are not those that wrote the report.
    package var isWording: Bool
}

/// Holds a report against what the record gives, line by line.
package struct ReportCheck: Sendable {
    package var differences: [ReportDifference]
    /// Numbers of the report that were held against the record.
    package var numbers: Int

    /// - Parameter outcomes: what a cell of a table says of a step; like the names of verdicts, they are no mere wording.
    package init(report: String, expected: String, outcomes: Set<String> = []) {
        let found = report.lines
        let wanted = expected.lines
        numbers = wanted.reduce(0) { $0 + Self.numbers(in: $1).count }
        differences = report == expected ? [] : Self.differences(found, wanted, outcomes)
    }

    private static func differences(
        _ found: [Substring], _ wanted: [Substring], _ outcomes: Set<String>
    ) -> [ReportDifference] {
        var removed: Set<Int> = []
        var inserted: Set<Int> = []
        for change in wanted.difference(from: found) {
            switch change {
            case .remove(let offset, _, _): removed.insert(offset)
            case .insert(let offset, _, _): inserted.insert(offset)
            }
        }
        var differences: [ReportDifference] = []
        var (at, of) = (0, 0)
        while at < found.count || of < wanted.count {
            let (isRemoved, isInserted) = (removed.contains(at), inserted.contains(of))
            if isRemoved || isInserted {
                let (one, other) = (isRemoved ? found[at] : nil, isInserted ? wanted[of] : nil)
                differences.append(
                    ReportDifference(
                        line: at + 1, found: one.map(String.init), expected: other.map(String.init),
                        isWording: numbers(in: one ?? "") == numbers(in: other ?? "")
                            && verdicts(in: one ?? "", outcomes) == verdicts(in: other ?? "", outcomes)))
            }
            at += isRemoved || !isInserted ? 1 : 0
            of += isInserted || !isRemoved ? 1 : 0
        }
        return differences
    }

    private static let verdicts = Set([Validity.Verdict.valid, .generatorLimited, .inconclusive].map(\.rawValue))

    private static func verdicts(in line: Substring, _ outcomes: Set<String>) -> [String] {
        let named = line.split(separator: "**").map(String.init).filter(verdicts.contains)
        guard line.hasPrefix("|") else { return named }
        let cells: [[Substring]] = line.split(separator: "|").map { $0.split(separator: " ") }
        let words: [String] = cells.filter { $0.count == 1 }.map { String($0[0]) }
        return named + words.filter(outcomes.contains)
    }

    /// Ids of footnotes are no numbers of the record.
    private static func numbers(in line: Substring) -> [Substring] {
        line.replacing(/\[\d+\]/, with: "").split { !($0.isASCII && ($0.isNumber || ".,+-<>".contains($0))) }.filter {
            $0.contains(where: \.isNumber)
        }
    }
}

extension ReportDifference {
    /// The two lines where they part, with a little of what stands around it.
    package var excerpts: (found: String?, expected: String?) {
        guard let found, let expected else {
            return (found.map { Self.around($0, 0) }, expected.map { Self.around($0, 0) })
        }
        let same = zip(found, expected).prefix { $0 == $1 }.count
        return (Self.around(found, same), Self.around(expected, same))
    }

    private static func around(_ line: String, _ place: Int) -> String {
        let (before, after) = (24, 56)
        let start = max(0, place - before)
        let part = line.dropFirst(start).prefix(before + after)
        return (start > 0 ? "…" : "") + part + (line.count > start + part.count ? "…" : "")
    }
}
