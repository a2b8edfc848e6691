import Synchronization

/// What clients were told of their orders. Each order has a quantity that no other has, so that it is recognised in the
/// database whatever became of its answer.
final class OrderBook: Sendable {
    struct Entry: Equatable {
        var user: Int
        var product: Int
        /// nil while nobody knows.
        var id: Int?
        /// What the client knows: whether the order stands; nil where an answer was lost or was 503.
        var stands: Bool?
    }

    private let state = Mutex((entries: [Int: Entry](), last: 0, acknowledged: 0, surprises: [String]()))

    var entries: [Int: Entry] { state.withLock { $0.entries } }
    /// Requests that were answered as wished.
    var acknowledged: Int { state.withLock { $0.acknowledged } }
    /// Answers that no client should see.
    var surprises: [String] { state.withLock { $0.surprises } }

    /// Orders something, or deletes one of the client's own orders, as `number` decides.
    /// - Parameter mine: quantities of the client's orders that stand.
    /// - Returns: false when the answer was lost or was 503.
    func act(_ client: HTTPClient, number: Int, mine: inout [Int]) -> Bool {
        if number % 5 < 2, let quantity = mine.popLast(), let id = entries[quantity]?.id {
            let answer = client.ask("DELETE", "/orders/\(id)")
            return note(answer, expected: 200, quantity) { $0.stands = false }
        }
        let (user, product) = (1 + number % 10, 1 + number / 10 % 4)
        let quantity = state.withLock { state in
            state.last += 1
            state.entries[state.last] = Entry(user: user, product: product)
            return state.last
        }
        let answer = client.ask(
            "POST", "/orders",
            #"{"user_id":\#(user),"items":[{"product_id":\#(product),"quantity":\#(quantity)}]}"#)
        let isDone = note(answer, expected: 201, quantity) {
            $0.id = answer?.number("order_id")
            $0.stands = true
        }
        if isDone { mine.append(quantity) }
        return isDone
    }

    private func note(
        _ answer: HTTPClient.Answer?, expected: Int, _ quantity: Int, _ done: (inout Entry) -> Void
    ) -> Bool {
        state.withLock { state in
            if answer?.status == expected, var entry = state.entries[quantity] {
                done(&entry)
                state.entries[quantity] = entry
                state.acknowledged += 1
                return true
            }
            state.entries[quantity]?.stands = nil
            if let answer, answer.status != 503 { state.surprises.append("\(answer.status) \(answer.body)") }
            return false
        }
    }
}
