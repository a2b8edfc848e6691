import StoreServer
import Synchronization
import TestSupport
import Testing

/// Malformed requests, 20,000 or (`--full`) 100,000, the same at each run: none may crash the server, hang it, or get a 5xx.
@Suite(.timed) struct FuzzTests {
    @Test(.timeLimit(.minutes(10))) func malformedRequestsAreRefused() async throws {
        let (threads, count) = (4, Tier.isFull ? 25_000 : 5_000)
        let tally = try await ServedStore.with { port, _ in
            try await withThrowingTaskGroup(of: Tally.self) { group in
                for seed in 0..<threads {
                    group.addTask { await onThread { Self.attack(port, count: count, seed: UInt64(seed)) } }
                }
                var all = Tally()
                for try await tally in group { all.add(tally) }
                let health = await onThread { () -> String? in
                    let client = RawClient(port: port)
                    client.send("GET /health-check HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".utf8)
                    return client.receiveAll()
                }
                #expect(health?.hasPrefix("HTTP/1.1 200 ") == true, "the server lives")
                return all
            }
        }
        #expect(tally.requests == threads * count)
        #expect(tally.hangs == [])
        #expect(tally.serverErrors == [])
        #expect(tally.answers > tally.requests / 2)
        #expect(tally.statuses.contains(400) && tally.statuses.contains(201) && tally.statuses.contains(405))
    }

    private struct Tally: Sendable {
        var requests = 0
        var answers = 0
        var statuses: Set<Int> = []
        var hangs: [String] = []
        var serverErrors: [String] = []

        mutating func add(_ other: Tally) {
            requests += other.requests
            answers += other.answers
            statuses.formUnion(other.statuses)
            hangs += other.hangs
            serverErrors += other.serverErrors
        }
    }

    /// Up to four on one connection, in one piece or in two, so that they are pipelined and cut anywhere.
    private static func attack(_ port: Int, count: Int, seed: UInt64) -> Tally {
        var random = RequestMutator(seed: seed)
        var tally = Tally()
        while tally.requests < count {
            let batch = min(count - tally.requests, random.number(1...4))
            let bytes = (0..<batch).flatMap { _ in random.request() }
            tally.requests += batch
            let client = RawClient(port: port, timeout: 60)
            let cut = random.number(0...bytes.count)
            client.send(bytes[..<cut])
            client.send(bytes[cut...])
            client.endSending()
            guard let answer = client.receiveAll() else {
                tally.hangs.append(String(decoding: bytes.prefix(300), as: UTF8.self))
                continue
            }
            for part in answer.split(separator: "HTTP/1.1 ") {
                guard let status = Int(part.prefix(3)) else { continue }
                tally.answers += 1
                tally.statuses.insert(status)
                if status >= 500 { tally.serverErrors.append(String(decoding: bytes.prefix(300), as: UTF8.self)) }
            }
        }
        return tally
    }
}
