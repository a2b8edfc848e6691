import Foundation
import LoadGenerator
import Model
import TestSupport
import Testing

/// Damaged frames, cut anywhere: the same answers as in one piece, never a crash or a hang, and memory that does not grow.
/// `./storelab test --full` tries a million frames; `STORELAB_FUZZ_FRAMES=10000000` ten, in a quarter of an hour or more,
/// beside others with `STORELAB_TEST_PATIENCE=7200`.
@Suite(.timed) struct HTTP2FuzzTests {
    private static let parts = 8
    private static let frames: Int = {
        let environment = ProcessInfo.processInfo.environment
        if let count = environment["STORELAB_FUZZ_FRAMES"].flatMap(Int.init) { return count }
        return switch Tier.current {
        case .fast: 10_000
        case .normal: 60_000
        case .full: 1_000_000
        }
    }()

    /// Three requests are under way, on the streams 1, 3 and 5; the second has a body that waits for its window.
    private static let requests = [
        "GET /a HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 70000\r\n\r\n" + String(repeating: "b", count: 70_000),
        "GET /c HTTP/1.1\r\nHost: a\r\n\r\n",
    ].map { Array($0.utf8) }

    private struct Outcome: Equatable {
        var ends: [String]
        var answers: [[UInt8]]
        var isSettled: Bool
    }

    @Test(arguments: 0..<parts)
    func damagedFrames(part: Int) async throws {
        try await onThread {
            var random = RandomSource(seed: 42, ordinal: part)
            var (tried, before) = (0, 0)
            let goal = Self.frames / Self.parts
            while tried < goal {
                let frames = (0...random.below(8)).map { _ in frame(&random) }
                tried += frames.count
                var bytes = (random.below(20) == 0 ? [] : Frames.settings()) + frames.flatMap(\.self)
                if random.below(3) == 0 { damage(&bytes, &random) }
                let whole = try read([bytes[...]])
                let cuts = [random.below(UInt64(bytes.count + 1)), random.below(UInt64(bytes.count + 1))].sorted()
                let (first, second) = (Int(cuts[0]), Int(cuts[1]))
                let pieces = try read([bytes[..<first], bytes[first..<second], bytes[second...]])
                guard whole == pieces else {
                    Issue.record("cut at \(cuts): \(whole) and \(pieces) for \(bytes)")
                    return
                }
                if before == 0, tried > goal / 4 { before = residentBytes() }
            }
            // Other tests run beside it, which need some memory too.
            #expect(residentBytes() - before < 256 << 20)
        }
    }

    private func read(_ pieces: [ArraySlice<UInt8>]) throws -> Outcome {
        let check = try AnswerCheck(Check(jsonKind: .object), task: "fuzz")
        let wire = HTTP2Wire()
        let exchanges = Self.requests.map { _ in HTTP2Exchange() }
        let fields = HTTP2Fields(scheme: "http", check: check)
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 16)
        defer { room.deallocate() }
        for (exchange, request) in zip(exchanges, Self.requests) {
            #expect(wire.submit(exchange, request, fields))
        }
        var turns = 0
        while wire.fill(room) > 0 { turns += 1 }
        for piece in pieces where !piece.isEmpty { Array(piece).withUnsafeBytes { wire.receive($0, now: 1) } }
        while wire.fill(room) > 0 { turns += 1 }
        // The whole body of the second request is some frames; what is sent besides has an end.
        #expect(turns < 1000)
        for exchange in exchanges { #expect(exchange.text.count <= 2 * 65_536 + 16_384) }
        for exchange in exchanges {
            var reader = AnswerReader()
            reader.begin(check)
            _ = exchange.text.withUnsafeBytes { reader.read($0) }
            _ = reader.end()
        }
        let ends = exchanges.map { exchange in exchange.end.map { "\($0)" } ?? (wire.isOver ? "over" : "open") }
        // How much of a malformed answer was seen before the fault depends on the cuts.
        let answers = exchanges.map { $0.end == .malformed ? [] : $0.text }
        return Outcome(ends: ends, answers: answers, isSettled: wire.isSettled)
    }

    // MARK: Frames

    private func frame(_ random: inout RandomSource) -> [UInt8] {
        let stream = Int32([1, 3, 5, 5, 1, 0, 2, 7, 9][Int(random.below(9))])
        let ends = random.below(2) == 0
        switch random.below(14) {
        case 0, 1, 2: return Frames.headers(stream, fields(&random), ends: ends, pieces: 1 + Int(random.below(3)))
        case 3, 4, 5: return Frames.data(stream, body(&random), ends: ends)
        case 6: return Frames.reset(stream, code: UInt32(random.below(16)))
        case 7: return Frames.goAway(last: stream, code: UInt32(random.below(3)))
        case 8: return Frames.windowUpdate(stream, by: Int(random.below(100_000)))
        case 9: return Frames.frame(.ping, flags: UInt8(random.below(2)), body(&random).prefix(8) + [])
        case 10:
            let names: [UInt16] = [1, 2, 3, 4, 5, 6, 9, 77]
            return Frames.settings([names[Int(random.below(8))]: UInt32(truncatingIfNeeded: random.next() >> 20)])
        case 11: return Frames.frame(.continuation, flags: 4, stream: stream, Frames.block(fields(&random)))
        case 12:
            return Frames.frame(.pushPromise, flags: 4, stream: stream, [0, 0, 0, 2] + Frames.block(fields(&random)))
        default: return Frames.frame(UInt8(truncatingIfNeeded: random.next()), stream: stream, body(&random))
        }
    }

    private func fields(_ random: inout RandomSource) -> [(String, String)] {
        let all = [
            ("content-type", "application/json"), ("content-length", "2"), ("content-encoding", "gzip"),
            ("content-encoding", "deflate"), ("content-encoding", "br"),
            ("x-a", String(repeating: "y", count: Int(random.below(300)))), ("Upper", "case"), (":path", "/"),
            ("connection", "close"), ("set-cookie", "a=1"), ("", ""), ("x-\u{1}", "\r\n"),
        ]
        let status = (":status", ["200", "200", "200", "404", "100", "103", "2x0", ""][Int(random.below(8))])
        let count = Int(random.below(4))
        let some = (0..<count).map { _ in all[Int(random.below(random.below(3) == 0 ? 12 : 6))] }
        return random.below(8) == 0 ? some : [status] + some
    }

    private func body(_ random: inout RandomSource) -> [UInt8] {
        if random.below(3) == 0 { return FuzzTests.codings[Int(random.below(UInt64(FuzzTests.codings.count)))].body }
        let texts = ["{}", "{\"a\":[1,2", "]}", "", String(repeating: "x", count: Int(random.below(17_000)))]
        return Array(texts[Int(random.below(random.below(10) == 0 ? 5 : 4))].utf8)
    }

    private func damage(_ bytes: inout [UInt8], _ random: inout RandomSource) {
        for _ in 0...random.below(4) where !bytes.isEmpty {
            let index = Int(random.below(UInt64(bytes.count)))
            switch random.below(5) {
            case 0: bytes[index] = UInt8(truncatingIfNeeded: random.next())
            case 1: bytes.insert(UInt8(truncatingIfNeeded: random.next()), at: index)
            case 2: bytes.remove(at: index)
            case 3: bytes.removeLast(Int(random.below(UInt64(bytes.count))))
            default: bytes.replaceSubrange(index..<index, with: bytes.prefix(Int(random.below(60))))
            }
        }
    }
}

/// Memory of this program that is in use.
func residentBytes() -> Int {
    let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
    return (text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * 4096
}
