/// A change in MySQL's table `outbox`, where it waits to be mirrored.
struct OutboxEntry: Sendable {
    var id: Int
    /// The change's JSON.
    var json: String
}

/// The transactional outbox: what Redis has still to be told of deletions, products and stocks stands in MySQL, written
/// by the transaction that made it true. So nothing can be acknowledged and its copy forgotten, whatever dies when; a
/// message sent after the commit could be lost with its sender. Of new orders the rows themselves tell.
///
/// Ids grow, but transactions commit in any order: an entry may come up below others that are long gone.
extension MySQLConnection {
    /// Part of the transaction that makes `change` true.
    func enqueue(_ change: Change) throws -> OutboxEntry {
        let json = change.json
        return OutboxEntry(
            id: try query("INSERT INTO outbox (change_json) VALUES (?)", [.text(json)]).insertID, json: json)
    }

    /// The oldest entries up to an id.
    func outbox(upTo id: Int, limit: Int) throws -> [OutboxEntry] {
        try query("SELECT id, change_json FROM outbox WHERE id <= ? ORDER BY id LIMIT \(limit)", [.int(id)]).rows
            .map { OutboxEntry(id: try $0.int(0), json: try $0.text(1)) }
    }

    /// Deletes entries in one commit. Neighbours are deleted as a range, which nothing else can lie in.
    func deleteFromOutbox(_ ids: [Int]) throws {
        guard !ids.isEmpty else { return }
        var ranges: [ClosedRange<Int>] = []
        for id in ids.sorted() {
            if let last = ranges.last, last.upperBound + 1 == id {
                ranges[ranges.count - 1] = last.lowerBound...id
            } else {
                ranges.append(id...id)
            }
        }
        let conditions = ranges.map {
            $0.count == 1 ? "id=\($0.lowerBound)" : "id BETWEEN \($0.lowerBound) AND \($0.upperBound)"
        }
        try execute("DELETE FROM outbox WHERE " + conditions.joined(separator: " OR "))
    }
}
