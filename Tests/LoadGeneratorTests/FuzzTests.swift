import Foundation
import LoadGenerator
import Model
import TestSupport
import Testing

/// Damaged answers, cut anywhere: the same verdict as in one piece, and never a crash. `./storelab test --full`
/// tries four million cases, which take half a minute of CPU; `STORELAB_FUZZ_CASES` any other number.
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
        ].map { Array($0.utf8) }
        + codings.map { coding in
            let head =
                "HTTP/1.1 200 OK\r\nContent-Encoding: \(coding.name)\r\nContent-Length: \(coding.body.count)\r\n\r\n"
            return Array(head.utf8) + coding.body
        }

    private static let filler = String(repeating: "x", count: 200)
    /// One body in every coding; `deflate` with its frame (RFC 1950) and, as some servers send it, without.
    static let codings: [(name: String, body: [UInt8])] = [
        (
            "gzip",
            bytes(
                "1F8B0800000000000203AB56CA56B28ACE2BCDC9D1A956CA4C51B2524A8C514A52AAD53134870A18EA99D6C6EA2895A45694"
                    + "00654194029C50AA05002CC134E040000000")
        ),
        (
            "deflate",
            bytes(
                "78DAAB56CA56B28ACE2BCDC9D1A956CA4C51B2524A8C514A52AAD53134870A18EA99D6C6EA2895A4569400654194029C50AA"
                    + "050075321422")
        ),
        (
            "deflate",
            bytes(
                "AB56CA56B28ACE2BCDC9D1A956CA4C51B2524A8C514A52AAD53134870A18EA99D6C6EA2895A4569400654194029C50AA0500")
        ),
        (
            "br",
            bytes(
                "1B3F000004CA6DA98ECB435810E15355836211439481430E58EF415BA405A2C1C6181EF9D18D5F7D1EEA6BC2B907B1069BF4"
                    + "68E546A9399D7F0629DA0C09")
        ),
    ]

    private static func bytes(_ digits: String) -> [UInt8] {
        let digits = Array(digits)
        return stride(from: 0, to: digits.count, by: 2).compactMap { UInt8(String(digits[$0...$0 + 1]), radix: 16) }
    }

    /// For all seeds together.
    private static let cases: Int = {
        let environment = ProcessInfo.processInfo.environment
        if let count = environment["STORELAB_FUZZ_CASES"].flatMap(Int.init) { return count }
        return Tier.isFull ? 4_000_000 : 100_000
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

    /// Every answer of a coding is whole before it is damaged: else nothing would be tried of it.
    @Test(arguments: codings.indices)
    func aBodyIsReadInEachCoding(coding: Int) {
        let seed = Self.seeds[Self.seeds.count - Self.codings.count + coding]
        let outcome = read([seed[...]], Self.checks[0])
        #expect(outcome.status == 200 && outcome.fault == .some(nil))
    }

    private func tryDamaged(_ seed: Int) {
        var random = RandomSource(seed: 42, ordinal: seed)
        let cases = Self.cases / Self.seeds.count
        var before = 0
        // Other tests run beside it, which need some memory too.
        defer { #expect(residentBytes() - before < 256 << 20) }
        for number in 0..<cases {
            if number == cases / 4 { before = residentBytes() }
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
