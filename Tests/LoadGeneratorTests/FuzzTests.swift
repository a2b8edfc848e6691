import Foundation
import LoadGenerator
import Testing

/// Damaged answers, cut anywhere: the same verdict as in one piece, and never a crash.
@Suite struct FuzzTests {
    static let seeds = [
        ResponseScannerTests.plain, ResponseScannerTests.chunked, ResponseScannerTests.interim,
        "HTTP/1.0 404 Not Found\r\nConnection: keep-alive\r\nContent-Length: 14\r\n\r\n{\"a\":[1,2e3,\"\"",
        "HTTP/1.1 200 OK\r\n\r\n{\"\\ud83d\\ude00\":true,\"k\":-0.5e-7}",
    ]

    /// For all seeds together; `STORELAB_FUZZ_CASES=10000000` has a long run.
    private static let cases = ProcessInfo.processInfo.environment["STORELAB_FUZZ_CASES"].flatMap(Int.init) ?? 100_000

    @Test(arguments: seeds)
    func damagedAnswers(seed: String) {
        var random = RandomSource(seed: 42, ordinal: seed.utf8.count)
        for _ in 0..<Self.cases / Self.seeds.count {
            let bytes = mutated(Array(seed.utf8), &random)
            let whole = read([bytes[...]])
            let cut = Int(random.below(UInt64(bytes.count + 1)))
            let pieces = read([bytes[..<cut], bytes[cut...]])
            guard whole == pieces else {
                Issue.record("cut at \(cut): \(whole) and \(pieces) for \(bytes)")
                return
            }
        }
    }

    private struct Outcome: Equatable {
        var complete: Bool
        var malformed: Bool
        var status: Int
        var json: JSONScanner.Verdict
    }

    private func read(_ pieces: [ArraySlice<UInt8>]) -> Outcome {
        var scanner = ResponseScanner()
        var json = JSONScanner()
        json.begin(wanting: [Array("k".utf8)])
        var progress = ResponseScanner.Progress.incomplete
        // Bytes after the end are surplus, however they are cut.
        for piece in pieces where !piece.isEmpty {
            let bytes = Array(piece)
            progress = scanner.scan(bytes.span, into: &json)
            if case .malformed = progress { break }
        }
        if progress == .incomplete { progress = scanner.end() }
        if case .malformed = progress {
            return Outcome(complete: false, malformed: true, status: 0, json: .unsound)
        }
        return Outcome(
            complete: progress == .complete, malformed: false, status: scanner.status, json: json.verdict())
    }

    private func mutated(_ original: [UInt8], _ random: inout RandomSource) -> [UInt8] {
        var bytes = original
        for _ in 0...random.below(4) {
            let index = Int(random.below(UInt64(bytes.count)))
            switch random.below(4) {
            case 0: bytes[index] = UInt8(truncatingIfNeeded: random.next())
            case 1: bytes.insert(UInt8(truncatingIfNeeded: random.next()), at: index)
            case 2: if bytes.count > 1 { bytes.remove(at: index) }
            default: bytes.swapAt(index, Int(random.below(UInt64(bytes.count))))
            }
        }
        return bytes
    }
}
