import Foundation
import LoadGenerator
import Model
import TestSupport
import Testing

/// Bodies from files and in parts, and answers that come compressed.
@Suite(.timed, .timeLimit(.minutes(5))) struct SentBodyTests {
    private func load(_ task: LoadTask, requests: Int? = nil) -> LoadDefinition {
        LoadDefinition(
            tasks: [task], thinkTime: ThinkTime(minimum: 0, maximum: 0), shape: .ramp([]), requests: requests)
    }

    private func upload(_ pieces: [BodyTemplate.Piece], headers: [HeaderTemplate] = [], follow: Int? = nil) -> LoadTask
    {
        LoadTask(
            name: "up", weight: 1, method: .put, path: "/up",
            headers: [HeaderTemplate(name: "Content-Type", pieces: [.text("text/plain")])] + headers,
            bodies: [BodyTemplate(share: 1, pieces: pieces)], expect: .init(), follow: follow)
    }

    private func withFile<Value>(
        _ text: String, _ body: (BodyFileReference) async throws -> Value
    ) async throws -> Value {
        let path = FileManager.default.temporaryDirectory.appending(path: "storelab-body-\(UUID().uuidString)").path
        try Data(text.utf8).write(to: URL(filePath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        return try await body(BodyFileReference(name: "x", path: path))
    }

    @Test(arguments: [0, 5, 400_000])
    func aFileIsSentAsItIsBetweenTexts(size: Int) async throws {
        let content = String(repeating: "${uuid}\0\r\n", count: size / 10) + String(repeating: "x", count: size % 10)
        try await withFile(content) { file in
            try await TestServer.with(.answer(TestServer.json("{}"))) { server, port in
                let task = upload([.text("<"), .file(file), .text("|"), .sequence(from: 7), .file(file), .text(">")])
                let generator = try LoadGenerator(endpoint: .init(host: "127.0.0.1", port: port), load: load(task))
                #expect(await generator.preflight().compactMap { $0.failure?.detail } == [])
                _ = await generator.stop()
                let totals = try await Totals.of(load(task), port: port, users: 2) { _ in
                    await server.requests(6)
                    return []
                }
                totals.expectConsistent()
                #expect(totals.failures == [:])
                #expect(server.seen.connections == 3)
                let bodies = server.seen.requests.map { $0.split(separator: "\r\n\r\n", maxSplits: 1).last ?? "" }
                #expect(bodies.first == "<\(content)|7\(content)>")
                let all = bodies.allSatisfy { $0.hasPrefix("<\(content)|") && $0.hasSuffix("\(content)>") }
                #expect(all)
            }
        }
    }

    @Test func aRedirectThatDropsTheBodyDropsTheFile() async throws {
        try await withFile("abc") { file in
            let answer: @Sendable (String) -> String = { request in
                request.hasPrefix("PUT ")
                    ? TestServer.json("", status: "303 See", head: "Location: /b\r\n") : TestServer.json("{}")
            }
            try await TestServer.with(.made(answer)) { server, port in
                let totals = try await Totals.of(load(upload([.file(file)], follow: 1)), port: port, users: 1) { _ in
                    await server.requests(8)
                    return []
                }
                totals.expectConsistent()
                #expect(totals.failures == [:])
                let hops = server.seen.requests.filter { $0.hasPrefix("GET /b ") }
                #expect(hops.count >= 3 && hops.allSatisfy { $0.hasSuffix("\r\n\r\n") && !$0.contains("Content-") })
            }
        }
    }

    @Test func anAnswerBeforeTheFileEndsTheConnection() async throws {
        try await withFile(String(repeating: "0123456789", count: 2_000_000)) { file in
            let answer = TestServer.json("{}", status: "413 Content Too Large")
            var task = upload([.file(file)])
            task.expect = Check(status: 413)
            try await TestServer.with(.beforeBody(answer)) { server, port in
                let totals = try await Totals.of(load(task), port: port, users: 2) { _ in
                    await server.requests(6)
                    return []
                }
                totals.expectConsistent()
                #expect(totals.failures == [:])
                #expect(server.seen.connections == server.seen.count)
            }
        }
    }

    /// A server that answers a head that waits with 100 and the body with 200.
    @Test(arguments: [true, false])
    func aBodyWaitsForTheServersWord(isAsked: Bool) async throws {
        let task = upload([.text("body")], headers: [HeaderTemplate(name: "Expect", pieces: [.text("100-continue")])])
        try await TestServer.with(isAsked ? .continuing(TestServer.json("{}")) : .answer(TestServer.json("{}"))) {
            server, port in
            let totals = try await Totals.of(load(task), port: port, users: 1) { _ in
                await server.requests(isAsked ? 20 : 2)
                return []
            }
            totals.expectConsistent()
            #expect(totals.failures == [:])
            #expect(server.seen.connections == 1)
            #expect(server.seen.requests.allSatisfy { $0.hasSuffix("\r\n\r\nbody") })
            let least = try #require(totals.latencies.percentile(0))
            #expect(isAsked || least > 0.9)
        }
    }

    @Test func aRefusalBeforeTheBodyIsAnAnswer() async throws {
        var task = upload([.text("body")], headers: [HeaderTemplate(name: "Expect", pieces: [.text("100-continue")])])
        task.expect = Check(status: 417)
        try await TestServer.with(.beforeBody(TestServer.json("{}", status: "417 No"))) { server, port in
            let totals = try await Totals.of(load(task), port: port, users: 1) { _ in
                await server.requests(5)
                return []
            }
            #expect(totals.failures == [:])
            #expect(server.seen.connections == server.seen.count)
        }
    }

    @Test func aLoadHasAsManyRequestsAsAreAskedFor() async throws {
        let task = LoadTask(name: "t", weight: 1, method: .get, path: "/", expect: .init())
        try await TestServer.with(.answer(TestServer.json("{}"))) { server, port in
            let totals = try await Totals.of(load(task, requests: 103), port: port, users: 4, threads: 2) { samples in
                var taken: [SecondSample] = []
                for await sample in samples {
                    taken.append(sample)
                    if taken.count == 2 { break }
                }
                return taken
            }
            totals.expectConsistent()
            #expect(server.seen.count == 103 && totals.succeeded == 103)
            #expect(totals.report.due == totals.report.sent)
        }
    }

    // {"id":7,"list":[1,2]} in each coding.
    static let gzip: [UInt8] = [
        31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 171, 86, 202, 76, 81, 178, 50, 215, 81, 202, 201, 44, 46, 81, 178, 138, 54,
        212, 49, 138, 173, 5, 0, 58, 50, 136, 53, 21, 0, 0, 0,
    ]
    static let zlib: [UInt8] = [
        120, 156, 171, 86, 202, 76, 81, 178, 50, 215, 81, 202, 201, 44, 46, 81, 178, 138, 54, 212, 49, 138, 173, 5, 0,
        67, 67, 6, 40,
    ]
    static let deflate: [UInt8] = [
        171, 86, 202, 76, 81, 178, 50, 215, 81, 202, 201, 44, 46, 81, 178, 138, 54, 212, 49, 138, 173, 5, 0,
    ]
    static let brotli: [UInt8] = [
        11, 10, 128, 123, 34, 105, 100, 34, 58, 55, 44, 34, 108, 105, 115, 116, 34, 58, 91, 49, 44, 50, 93, 125, 3,
    ]

    private func verdict(
        _ coding: String, _ body: [UInt8], _ expect: Check, takes: [Take] = [], cut: Int = .max, chunked: Bool = false
    ) throws -> (fault: AnswerFault?, taken: [[UInt8]]) {
        var answer = Array("HTTP/1.1 200 OK\r\nContent-Encoding: \(coding)\r\n".utf8)
        if chunked {
            answer += Array("Transfer-Encoding: chunked\r\n\r\n".utf8)
            for byte in body { answer += Array("1\r\n".utf8) + [byte] + Array("\r\n".utf8) }
            answer += Array("0\r\n\r\n".utf8)
        } else {
            answer += Array("Content-Length: \(body.count)\r\n\r\n".utf8) + body
        }
        let check = try AnswerCheck(expect, task: "t", takes: takes)
        var reader = AnswerReader()
        for round in 0..<2 {
            reader.begin(check)
            var progress = ResponseScanner.Progress.incomplete
            var rest = answer[...]
            while !rest.isEmpty {
                let piece = Array(rest.prefix(cut))
                rest = rest.dropFirst(cut == .max ? rest.count : cut)
                progress = piece.withUnsafeBytes { reader.read($0) }
            }
            #expect(progress == .complete, "round \(round)")
        }
        return (reader.fault(check), (try? reader.taken(check).get()) ?? [])
    }

    @Test(arguments: [
        ("gzip", gzip), ("X-GZIP", gzip), ("deflate", zlib), ("deflate", deflate), ("br", brotli),
        ("identity", Array("{\"id\":7,\"list\":[1,2]}".utf8)),
    ])
    func compressedAnswersAreDecoded(coding: String, body: [UInt8]) throws {
        let path = try #require(JSONPath(rawValue: "id"))
        let expect = Check(has: ["list"], equals: [ExpectedValue(path: path, value: .number(7))], size: 21...21)
        let take = Take(name: "id", source: .json(path))
        for (cut, chunked) in [(Int.max, false), (1, false), (7, true)] {
            let (fault, taken) = try verdict(coding, body, expect, takes: [take], cut: cut, chunked: chunked)
            #expect(fault == nil)
            #expect(taken == [Array("7".utf8)])
            #expect(try verdict(coding, body, Check(has: ["list"]), cut: cut).fault == nil)
            #expect(try verdict(coding, body, Check(has: ["no"]), cut: cut).fault == .missingKey("no"))
        }
    }

    @Test(arguments: [
        ("gzip", Array(gzip.dropLast(9))), ("gzip", Array("plain".utf8)), ("br", [0xFF, 0xFF, 0xFF, 0xFF]),
        ("zstd", gzip),
        ("gzip, br", gzip), ("identity, gzip", gzip), ("deflate", gzip.map { $0 ^ 0x55 }),
        ("gzip", cutMember),
    ])
    func whatCannotBeDecodedFails(coding: String, body: [UInt8]) throws {
        #expect(try verdict(coding, body, Check(jsonKind: .object)).fault == .notDecoded)
    }

    static let cutMember = Array((gzip + gzip).dropLast(9))

    @Test func severalGzipMembersAreOneBody() throws {
        let expect = Check(size: 42...42)
        #expect(try verdict("gzip", Self.gzip + Self.gzip, expect).fault == nil)
    }

    /// As of tools that fill up a block; browsers and curl read such answers.
    @Test(arguments: [[0], Array(repeating: 0, count: 20), Array("junk".utf8)] as [[UInt8]], [Int.max, 1])
    func whatFollowsGzipIsPassedOver(padding: [UInt8], cut: Int) throws {
        #expect(try verdict("gzip", Self.gzip + padding, Check(size: 21...21), cut: cut).fault == nil)
    }

    @Test func bothSizesAreCounted() async throws {
        let task = LoadTask(name: "t", weight: 1, method: .get, path: "/", expect: .init(has: ["id"]))
        let head = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: \(Self.gzip.count)\r\n\r\n"
        try await TestServer.with(.bytes(Array(head.utf8) + Self.gzip)) { server, port in
            let totals = try await Totals.of(load(task), port: port, users: 2) { _ in
                await server.requests(100)
                return []
            }
            totals.expectConsistent()
            #expect(totals.failures == [:])
            let sums = totals.samples.flatMap(\.tasks).compactMap(\.compressed)
            #expect(sums.reduce(0) { $0 + $1.answers } == totals.succeeded)
            #expect(sums.reduce(0) { $0 + $1.wire } == totals.succeeded * Self.gzip.count)
            #expect(sums.reduce(0) { $0 + $1.decoded } == totals.succeeded * 21)
        }
    }

    @Test func aUnixSocketIsATarget() async throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "s-\(UUID().uuidString.prefix(8))").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try await TestServer.with(.answer(TestServer.json("{}")), unixSocket: path) { server, _ in
            let task = LoadTask(name: "t", weight: 1, method: .get, path: "/", expect: .init())
            let generator = try LoadGenerator(
                endpoint: .init(host: "shop.invalid", port: 80, unixSocket: path), load: load(task))
            #expect(await generator.preflight().compactMap { $0.failure?.detail } == [])
            let samples = generator.start()
            generator.setUsers(3, ratePerSecond: .infinity)
            await server.requests(100)
            _ = await generator.stop()
            for await sample in samples { #expect(sample.tasks[0].failures == [:]) }
            #expect(server.seen.requests.allSatisfy { $0.contains("\r\nHost: shop.invalid\r\n") })
        }
    }

    @Test func aConnectionThatDoesNotStandInTimeFails() async throws {
        // A TLS handshake that nobody answers is a connection that does not stand.
        let task = LoadTask(name: "t", weight: 1, method: .get, path: "/", expect: .init())
        try await TestServer.with(.silence) { _, port in
            let load = LoadDefinition(
                tasks: [task], thinkTime: ThinkTime(minimum: 0, maximum: 0), shape: .ramp([]), timeout: 30,
                connectTimeout: 0.1)
            let generator = try LoadGenerator(
                endpoint: .init(host: "127.0.0.1", port: port, trust: .any), load: load)
            let samples = generator.start()
            generator.setUsers(1, ratePerSecond: .infinity)
            var failures = 0
            for await sample in samples {
                failures += sample.tasks[0].failures[.timeout] ?? 0
                if failures >= 2 { break }
            }
            _ = await generator.stop()
            #expect(generator.failureExamples.first?.detail == "no connection within the timeout")
        }
    }
}
