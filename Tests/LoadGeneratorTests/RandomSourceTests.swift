import LoadGenerator
import TestSupport
import Testing

@Suite(.timed) struct RandomSourceTests {
    /// The first values that the reference implementation gives for the state 1234567.
    @Test func followsTheReference() {
        var random = RandomSource(state: 1_234_567)
        #expect(random.next() == 6_457_827_717_110_365_317)
        #expect(random.next() == 3_203_168_211_198_807_973)
    }

    @Test func usersDifferAndRepeat() {
        let streams = (0..<1000).map { RandomSource(seed: 42, ordinal: $0).state }
        #expect(Set(streams).count == 1000)
        #expect(streams == (0..<1000).map { RandomSource(seed: 42, ordinal: $0).state })
        #expect(streams != (0..<1000).map { RandomSource(seed: 43, ordinal: $0).state })
    }

    @Test(arguments: [0...0, 1...3, -5...5, Int.min...Int.max, Int.max - 1...Int.max])
    func integersStayInTheirRange(range: ClosedRange<Int>) {
        var random = RandomSource(state: 7)
        var seen: Set<Int> = []
        for _ in 0..<500 {
            let value = random.integer(in: range)
            #expect(range.contains(value))
            seen.insert(value)
        }
        let width = UInt(bitPattern: range.upperBound &- range.lowerBound)
        if width < 11 { #expect(seen.count == Int(width) + 1) }
    }
}
