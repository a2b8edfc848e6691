import Synchronization
import TestSupport
import Testing
import Threads

@Suite(.timed) struct ConcurrentlyTests {
    private struct Odd: Error, Equatable { var number: Int }

    @Test(arguments: [0, 1, 7, 1000]) func outputsAreInTheOrderOfTheValues(count: Int) {
        let calls = Mutex(0)
        let squares = concurrently(Array(0..<count)) { number in
            calls.withLock { $0 += 1 }
            return number * number
        }
        #expect(squares == (0..<count).map { $0 * $0 } && calls.withLock(\.self) == count)
    }

    @Test func theFirstValueThatFailsSaysWhy() {
        #expect(throws: Odd(number: 3)) {
            try concurrently([2, 3, 4, 5]) { number in
                if !number.isMultiple(of: 2) { throw Odd(number: number) }
            }
        }
    }
}
