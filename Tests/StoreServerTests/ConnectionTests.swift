import NIOCore
import StoreServer
import TestSupport
import Testing

@Suite(.timed) struct ConnectionTests {
    private static let order = #"{"user_id":1,"items":[{"product_id":1,"quantity":2}]}"#

    private static func post(_ header: String, _ body: String = "") -> String {
        "POST /orders HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n\(header)\r\n\r\n\(body)"
    }

    private static let health = "GET /health-check HTTP/1.1\r\nHost: a\r\n\r\n"

    /// Each with the statuses of its answers, after which the connection ends.
    @Test(arguments: [
        (health, [200]), (health + health + health, [200, 200, 200]), ("GET /health-check HTTP/1.0\r\n\r\n", [200]),
        ("HEAD /nowhere HTTP/1.1\r\nHost: a\r\n\r\n" + health, [404, 200]),
        ("GET /health-check HTTP/1.1\r\nHost: a\r\nConnection: Close\r\n\r\n", [200]),
        ("GET /health-check HTTP/1.1\r\n\r\n", [400]), (health + "\u{1}\r\n\r\n", [200, 405]),
        ("BREW /orders HTTP/1.1\r\nHost: a\r\n\r\n", [405]), ("GET / HTTP/1.1\r\nHost: a\r\nb c: d\r\n\r\n", [400]),
        ("GET /\(String(repeating: "a", count: 9_000)) HTTP/1.1\r\nHost: a\r\n\r\n", [414]),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "a", count: 40_000))\r\n\r\n", [431]),
        ("GET / HTTP/1.1\r\nHost: a\r\n\(String(repeating: "X: a\r\n", count: 200))\r\n", [431]),
        (post("Content-Length: \(order.utf8.count)", order), [201]),
        (
            post("Transfer-Encoding: chunked", "5\r\n\(order.prefix(5))\r\n30\r\n\(order.dropFirst(5))\r\n0\r\n\r\n"),
            [201]
        ),
        (post("Transfer-Encoding: chunked", "zz\r\n"), [400]),
        (post("Content-Length: 3\r\nContent-Length: 4", "{}"), [400]),
        (post("Content-Length: 3\r\nTransfer-Encoding: chunked", "0\r\n\r\n"), [400]),
        (post("Content-Length: -1", "{}"), [400]), (post("Content-Length: 100", order), [400]),
        (post("Content-Length: 9999999"), [413]), (post("Expect: 100-continue\r\nContent-Length: 9999999"), [413]),
        (post("Expect: 100-continue\r\nContent-Length: \(order.utf8.count)", order), [100, 201]),
        (post("Content-Length: 2", "{}") + health, [400, 200]),
    ])
    func answersAndEnds(bytes: String, statuses: [Int]) async throws {
        let answer = try await ServedStore.withBlocking { port, _ in
            let client = RawClient(port: port)
            client.send(bytes.utf8)
            client.endSending()
            return client.receiveAll()
        }
        let text = try #require(answer, "the connection stays open")
        let found = text.split(separator: "HTTP/1.1 ").compactMap { Int($0.prefix(3)) }
        #expect(found == statuses, "\(text)")
        for answer in text.split(separator: "HTTP/1.1 ") where answer.hasPrefix("4") && !bytes.hasPrefix("HEAD") {
            #expect(answer.contains(#"{"error":""#))
        }
    }

    @Test func whoIsTooSlowIsToldAndLeft() async throws {
        var times = ConnectionState.Times()
        times.header = .milliseconds(150)
        times.body = .milliseconds(150)
        times.idle = .milliseconds(150)
        let starts = ["", "GET /health", Self.post("Content-Length: 100", "{")]
        let answers = try await ServedStore.withBlocking(times: times) { port, _ in
            starts.map { start in
                let client = RawClient(port: port)
                client.send(start.utf8)
                return client.receiveAll()
            }
        }
        #expect(answers[0] == "", "an idle connection is ended without a word")
        for answer in answers.dropFirst() {
            #expect(answer?.hasPrefix("HTTP/1.1 408 ") == true)
            #expect(answer?.hasSuffix(#"{"error":"the request did not arrive in time"}"#) == true)
        }
    }

    @Test func refusalsAreCounted() async throws {
        let counts = try await ServedStore.withBlocking { port, metrics in
            let client = RawClient(port: port)
            client.send("\u{1}\r\n\r\n".utf8)
            _ = client.receiveAll()
            return metrics.refusals.values
        }
        #expect(counts.first { $0.code == 405 }?.count == 1)
    }

    @Test func theStateOfAConnection() {
        let start = NIODeadline.uptimeNanoseconds(0)
        var state = ConnectionState(.init(), now: start)
        #expect(state.deadline == start + .seconds(75))
        #expect(state.expire(now: start + .seconds(74)) == .nothing(until: start + .seconds(75)))
        #expect(state.expire(now: start + .seconds(75)) == .close)
        state.receivedBytes(now: start + .seconds(20))
        #expect(state.expire(now: start + .seconds(30)) == .refuse)
        state.receivedHead(isLast: false, now: start + .seconds(21))
        #expect(state.expire(now: start + .seconds(51)) == .refuse)
        state.receivedEnd(now: start + .seconds(22))
        // While the store works the client is not to blame.
        #expect(state.deadline == nil)
        let saysEnd = state.answerBegins()
        let ends = state.answerEnded(now: start + .seconds(90))
        #expect(!saysEnd && !ends)
        #expect(state.deadline == start + .seconds(165))
        state.drain(now: start + .seconds(100))
        #expect(state.deadline == start + .seconds(105))
        state.receivedHead(isLast: false, now: start + .seconds(101))
        state.receivedEnd(now: start + .seconds(101))
        let saysEndNow = state.answerBegins()
        let endsNow = state.answerEnded(now: start + .seconds(101))
        #expect(saysEndNow && endsNow)
    }
}
