import StoreServer
import Synchronization

/// Prices as they were last read, which spare an order one exchange with the server.
///
/// Nothing rests on their being right: an order's transaction asks whether they are, and fails where they are not.
package final class PriceMemory: Sendable {
    /// Products beyond which all are forgotten, so that memory is bounded.
    private static let capacity = 50_000

    private let prices = Mutex<[Int: Money]>([:])
    private let isFilled = Mutex(false)
    let reads: PriceReads

    /// - Parameter reads: how orders learn prices; it keeps some only where that is `remembered`.
    package init(_ reads: PriceReads = .remembered) { self.reads = reads }

    /// - Returns: how many products whoever asks first is to read, so that not every product's first order has to.
    func claimFilling() -> Int? {
        guard reads == .remembered else { return nil }
        return isFilled.withLock { isFilled in
            defer { isFilled = true }
            return isFilled ? nil : Self.capacity
        }
    }

    /// - Returns: nil where one of them is not known.
    func prices(of ids: [Int]) -> [Int: Money]? {
        prices.withLock { prices in
            var found: [Int: Money] = [:]
            found.reserveCapacity(ids.count)
            for id in ids {
                guard let price = prices[id] else { return nil }
                found[id] = price
            }
            return found
        }
    }

    func remember(_ new: [Int: Money]) {
        guard reads == .remembered else { return }
        prices.withLock { prices in
            if prices.count + new.count > Self.capacity { prices.removeAll() }
            prices.merge(new) { $1 }
        }
    }
}
