/// The characters that charts as text are drawn in.
package enum ChartStyle: String, CaseIterable, Sendable {
    /// What every font and every terminal has.
    case ascii
    /// Block elements (U+2580 to U+259F): a single series is an area with eight heights a row.
    case block
    /// Braille patterns (U+2800 to U+28FF): the first series is a line of dots, two by four a character.
    case braille

    /// Of the series of a line chart, in order.
    var signs: [Character] {
        switch self {
        case .ascii: ["*", "o", "+", "x", "#", "@", "%", "&"]
        case .block: ["●", "○", "◆", "◇", "■", "□", "▲", "△"]
        case .braille: ["⣿", "○", "◆", "◇", "■", "□", "▲", "△"]
        }
    }

    /// Where the first series is alone, and in braille always, it is drawn with parts of a character.
    func drawsFirstFinely(of count: Int) -> Bool { self == .braille || (self == .block && count == 1) }

    var isASCII: Bool { self == .ascii }
    /// Of a line that is compared with, in every second column.
    var mark: Character { isASCII ? "." : "┄" }
    var side: String { isASCII ? " |" : " │" }
    var corner: String { isASCII ? "+" : "└" }
    var rule: Character { isASCII ? "-" : "─" }
    var tick: Character { isASCII ? "+" : "┴" }
    var passed: Character { isASCII ? "o" : "●" }
    var failed: Character { isASCII ? "x" : "×" }
    var upright: Character { isASCII ? ":" : "┊" }

    /// A bar of so many columns; its last one may be a part.
    func bar(_ columns: Double) -> String {
        guard columns > 0 else { return "" }
        // Whatever is above zero shows.
        guard !isASCII else { return String(repeating: "#", count: max(1, Int(columns.rounded()))) }
        let eighths = max(1, Int((columns * 8).rounded()))
        let rest = eighths % 8
        return String(repeating: "█", count: eighths / 8) + (rest == 0 ? "" : String(Self.leftParts[rest - 1]))
    }

    static let leftParts: [Character] = ["▏", "▎", "▍", "▌", "▋", "▊", "▉"]
    static let lowerParts: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
}

extension LineChart {
    /// The cells of a series that is drawn finely, by row and column.
    /// - Parameter heights: from 0 at the lower end to 1, by column; of braille, by half a column.
    func fine(_ heights: [Int: Double], rows: Int) -> [(row: Int, column: Int, sign: Character)] {
        let joined = Self.joined(heights)
        return style == .braille ? dots(joined, rows: rows) : area(joined, rows: rows)
    }

    /// Columns between two points get heights between theirs; but not where points are missing, which are then farther apart than
    /// points usually are.
    private static func joined(_ heights: [Int: Double]) -> [Int: Double] {
        let columns = heights.keys.sorted()
        guard let first = columns.first, let last = columns.last else { return heights }
        let usual = (last - first) / max(1, columns.count - 1) + 1
        var joined = heights
        for (left, right) in zip(columns, columns.dropFirst()) where right - left > 1 && right - left <= usual {
            guard let from = heights[left], let to = heights[right] else { continue }
            for column in left + 1..<right {
                joined[column] = from + (to - from) * Double(column - left) / Double(right - left)
            }
        }
        return joined
    }

    private func area(_ heights: [Int: Double], rows: Int) -> [(row: Int, column: Int, sign: Character)] {
        heights.flatMap { column, height -> [(row: Int, column: Int, sign: Character)] in
            // The lowest value shows too.
            let eighths = max(1, Int((height * Double(rows * 8)).rounded()))
            return (0..<rows).compactMap { row in
                let filled = min(8, eighths - (rows - 1 - row) * 8)
                return filled > 0 ? (row, column, ChartStyle.lowerParts[filled - 1]) : nil
            }
        }
    }

    /// Dots of neighbouring columns are joined by an upright line of dots.
    private func dots(_ heights: [Int: Double], rows: Int) -> [(row: Int, column: Int, sign: Character)] {
        var patterns: [[Int]: UInt32] = [:]
        let levels = rows * 4
        var before: Int?
        for column in (heights.keys.min() ?? 0)...(heights.keys.max() ?? 0) {
            guard let height = heights[column] else {
                before = nil
                continue
            }
            let level = levels - 1 - Int((height * Double(levels - 1)).rounded())
            let from = before.map { $0 < level ? $0 + 1 : $0 > level ? $0 - 1 : $0 } ?? level
            for dot in min(from, level)...max(from, level) {
                patterns[[dot / 4, column / 2], default: 0] |= Self.dotBits[column % 2][dot % 4]
            }
            before = level
        }
        return patterns.compactMap { place, bits in
            UnicodeScalar(0x2800 + bits).map { (place[0], place[1], Character($0)) }
        }
    }

    /// Of the left and the right column, from above.
    private static let dotBits: [[UInt32]] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]]
}
