/// Suggestions for misspelt names.
enum NearestName {
    /// - Returns: the known name that most likely was meant, or nil when none is near.
    static func nearest(to name: String, among known: [String]) -> String? {
        let plain = simplified(name)
        if let same = known.first(where: { simplified($0) == plain }) { return same }
        let ranked = known.map { (name: $0, distance: distance(plain, simplified($0))) }
        guard let best = ranked.min(by: { $0.distance < $1.distance }) else { return nil }
        return best.distance <= max(1, min(plain.count, best.name.count) / 3) ? best.name : nil
    }

    /// The end of a message about an unknown name: the nearest, or all that are known.
    static func advice(for name: String, among known: [String]) -> String {
        if let nearest = nearest(to: name, among: known) { return "did you mean \"\(nearest)\"?" }
        return "known are \(known.prefix(20).joined(separator: ", "))\(known.count > 20 ? ", …" : "")"
    }

    private static func simplified(_ name: String) -> String {
        String(name.lowercased().filter { $0 != "_" && $0 != "-" && $0 != " " }.prefix(64))
    }

    /// Edits between two words: insertions, deletions, replacements and swaps of neighbours (Damerau, 1964).
    private static func distance(_ left: String, _ right: String) -> Int {
        let (left, right) = (Array(left), Array(right))
        var rows = [Array(0...right.count)]
        for (row, letter) in left.enumerated() {
            var current = [row + 1]
            for (column, other) in right.enumerated() {
                var best = min(rows[row][column + 1], current[column]) + 1
                best = min(best, rows[row][column] + (letter == other ? 0 : 1))
                if row > 0, column > 0, letter == right[column - 1], left[row - 1] == other {
                    best = min(best, rows[row - 1][column - 1] + 1)
                }
                current.append(best)
            }
            rows.append(current)
        }
        return rows[left.count][right.count]
    }
}
