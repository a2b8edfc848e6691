import Foundation
import LoadGenerator
import Model
import TestSupport
import Testing

/// Damaged answers, cut anywhere: the same verdict as in one piece, and never a crash. `./storelab test --full`
/// tries ten million cases, which takes half a minute; `STORELAB_FUZZ_CASES` any other number.
@Suite(.timed) struct FuzzTests {
    static let seeds: [[UInt8]] =
        [
            ResponseScannerTests.plain, ResponseScannerTests.chunked, ResponseScannerTests.interim,
            "HTTP/1.0 404 Not Found\r\nConnection: keep-alive\r\nContent-Length: 14\r\n\r\n{\"a\":[1,2e3,\"\"",
            "HTTP/1.1 200 OK\r\n\r\n{\"\\ud83d\\ude00\":true,\"k\":-0.5e-7}",
            "HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\nLocation: /orders/17\r\nX-Long: \(filler)"
                + "\r\nTransfer-Encoding: gzip, chunked\r\n\r\n1b\r\n{\"k\":[null,{\"id\":\"a\\\"\\u00e9\"}\r\n4;x\r\n,17]\r\n1\r\n}\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 40\r\nContent-Length: 40\r\n\r\n{\"error\":null,\"k\":[{},{\"id\":1.5}],\"z\":1}",
            "HTTP/1.1 204 No Content\r\nLocation:\r\n\r\n", "",
        ].map { Array($0.utf8) } + [gzip]

    private static let filler = String(repeating: "x", count: 200)
    private static let gzip =
        Array("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 22\r\n\r\n".utf8) + [
            0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 0xAB, 0xAE, 5, 0, 0x43, 0xBF, 0xA6, 0xA3, 2, 0, 0, 0,
        ]

    /// For all seeds together.
    private static let cases: Int = {
        let environment = ProcessInfo.processInfo.environment
        if let count = environment["STORELAB_FUZZ_CASES"].flatMap(Int.init) { return count }
        return Tier.isFull ? 10_000_000 : 100_000
    }()

    private static let checks: [AnswerCheck] = {
        let paths = ["k", "k[1].id", "$"].compactMap(JSONPath.init(rawValue:))
        let checks = [
            Check(has: ["k"]), Check(status: 204),
            Check(
                headers: [ExpectedHeader(name: "location", value: "/*7")],
                equals: paths.map { ExpectedValue(path: $0, value: .number(1.5)) }, size: 0...30),
        ]
        let takes =
            paths.map { Take(name: $0.rawValue, source: .json($0)) } + [Take(name: "l", source: .header("Location"))]
        return checks.compactMap { try? AnswerCheck($0, task: "fuzz") }
            + [Check()].compactMap { try? AnswerCheck($0, task: "fuzz", takes: takes) }
    }()

    @Test(arguments: seeds.indices)
    func damagedAnswers(seed: Int) async { await onThread { tryDamaged(seed) } }

    private func tryDamaged(_ seed: Int) {
        var random = RandomSource(seed: 42, ordinal: seed)
        for number in 0..<Self.cases / Self.seeds.count {
            let bytes = mutated(Self.seeds[seed], &random)
            let check = Self.checks[number % Self.checks.count]
            let whole = read([bytes[...]], check)
            let cuts = [Int(random.below(UInt64(bytes.count + 1))), Int(random.below(UInt64(bytes.count + 1)))].sorted()
            let pieces = read([bytes[..<cuts[0]], bytes[cuts[0]..<cuts[1]], bytes[cuts[1]...]], check)
            guard whole == pieces else {
                Issue.record("cut at \(cuts): \(whole) and \(pieces) for \(bytes)")
                return
            }
        }
    }

    private struct Outcome: Equatable {
        /// nil where the bytes are no whole answer.
        var fault: AnswerFault??
        var taken: [[UInt8]]
        var isMalformed: Bool
        var status: Int
    }

    private func read(_ pieces: [ArraySlice<UInt8>], _ check: AnswerCheck) -> Outcome {
        var reader = AnswerReader()
        reader.begin(check)
        var progress = ResponseScanner.Progress.incomplete
        // Bytes after the end are surplus, however they are cut.
        for piece in pieces where !piece.isEmpty {
            progress = Array(piece).withUnsafeBytes { reader.read($0) }
            if case .malformed = progress { break }
        }
        if progress == .incomplete { progress = reader.end() }
        guard progress == .complete else {
            // Which fault of several is found first may depend on the cuts.
            return Outcome(fault: nil, taken: [], isMalformed: progress != .incomplete, status: 0)
        }
        let fault = reader.fault(check)
        let taken = fault == nil ? (try? reader.taken(check).get()) ?? [] : []
        return Outcome(fault: .some(fault), taken: taken, isMalformed: false, status: reader.scanner.status)
    }

    private func mutated(_ original: [UInt8], _ random: inout RandomSource) -> [UInt8] {
        var bytes = original
        if random.below(50) == 0 { bytes = garbage(&random) }
        for _ in 0...random.below(4) where !bytes.isEmpty {
            let index = Int(random.below(UInt64(bytes.count)))
            switch random.below(8) {
            case 0: bytes[index] = UInt8(truncatingIfNeeded: random.next())
            case 1: bytes.insert(UInt8(truncatingIfNeeded: random.next()), at: index)
            case 2: if bytes.count > 1 { bytes.remove(at: index) }
            case 3: bytes.swapAt(index, Int(random.below(UInt64(bytes.count))))
            case 4: bytes.removeLast(Int(random.below(UInt64(bytes.count))))
            case 5: bytes.replaceSubrange(index..<index, with: bytes.prefix(Int(random.below(60))))
            case 6: bytes[index] = Array("\r\n \t:;,{}[]\"\\0".utf8)[Int(random.below(14))]
            default: if random.below(2000) == 0 { endlessHeaders(&bytes) }
            }
        }
        return bytes
    }

    private func garbage(_ random: inout RandomSource) -> [UInt8] {
        (0...random.below(40)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    }

    private func endlessHeaders(_ bytes: inout [UInt8]) {
        guard let line = bytes.firstIndex(of: 0x0A) else { return }
        let fields = Array(repeatElement(Array("X-Field: value\r\n".utf8), count: 5000).joined())
        bytes.insert(contentsOf: fields, at: line + 1)
    }
}
