import CLinux
import FaultProxy
import Foundation
import Model
import TestSupport
import Testing
import Threads

@Suite(.timed) struct ProxyControlTests {
    /// A control that is served over a pair of sockets; the test is its controller.
    private struct Controlled: Sendable {
        let part: ProxiedPart
        let controller: Peer
        let served: Peer
        private let done = Semaphore()

        init() throws {
            part = try ProxiedPart()
            var ends: [CInt] = [-1, -1]
            #expect(socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0)
            (controller, served) = (Peer(ends[0]), Peer(ends[1]))
            // The proxy waits for orders for as long as there are none.
            var forever = timeval(tv_sec: 0, tv_usec: 0)
            setsockopt(served.socket, SOL_SOCKET, SO_RCVTIMEO, &forever, socklen_t(MemoryLayout<timeval>.size))
            Thread.detachNewThread { [part, served, done] in
                ProxyControl(part.proxy).serve(orders: served.socket, answers: served.socket)
                done.signal()
            }
        }

        func answer(_ line: String) async throws -> ProxyAnswer {
            let text = await onThread { () -> String in
                controller.send(line + "\n")
                var text = ""
                while !text.hasSuffix("\n") {
                    let more = controller.receiveText(1)
                    if more.isEmpty { break }
                    text += more
                }
                return text
            }
            return try JSONDecoder().decode(ProxyAnswer.self, from: Data(text.utf8))
        }

        func answer(_ order: ProxyOrder) async throws -> ProxyAnswer {
            try await answer(String(decoding: try JSONEncoder().encode(order), as: UTF8.self))
        }

        /// The controller goes, and nobody serves any longer.
        func leave() async {
            controller.close()
            await onThread { done.wait() }
            served.close()
        }
    }

    @Test func faultsEndWithTheirController() async throws {
        let control = try Controlled()
        defer { control.part.end() }
        let (client, server) = try #require(control.part.connect())
        var before = ProxyAnswer(at: 0)
        for action in [FaultAction.slow(from: 1_000, to: 1_000), .bandwidth(bytesPerSecond: 1)] {
            let answer = try await control.answer(.begin(part: "part", action: action))
            #expect(answer.trouble == nil)
            #expect(answer.at > before.at)
            before = answer
        }
        client.send("held back")
        // Seen before the controller goes, so that it was held back indeed.
        while try await control.answer(.report).passages?.first?.sent != 9 { usleep(1_000) }
        await control.leave()
        #expect(await onThread { server.receiveText(9) } == "held back")
        client.close()
        server.close()
    }

    @Test func aCutPartIsReachedAgainOnceTheControllerIsGone() async throws {
        let control = try Controlled()
        defer { control.part.end() }
        #expect(try await control.answer(.begin(part: "part", action: .cut)).trouble == nil)
        #expect(Peer.connect(control.part.port) == nil)
        await control.leave()
        #expect(Peer.connect(control.part.port) != nil)
    }

    @Test func whatIsNoOrderChangesNothing() async throws {
        let control = try Controlled()
        defer { control.part.end() }
        #expect(try await control.answer("nonsense").trouble != nil)
        #expect(try await control.answer(.begin(part: "nobody", action: .cut)).trouble != nil)
        #expect(try await control.answer(.begin(part: "part", action: .kill)).trouble != nil)
        #expect(try await control.answer(.listen(part: "other", upstream: "127.0.0.1")).trouble != nil)
        let other = try await control.answer(.listen(part: "other", upstream: "127.0.0.1:1"))
        #expect(other.trouble == nil && (other.port ?? 0) > 0)
        let path = "/tmp/storelab-proxy-\(UUID().uuidString.prefix(8)).sock"
        defer { unlink(path) }
        let third = try await control.answer(.listen(part: "third", path: path, upstream: "127.0.0.1:1"))
        #expect(third.trouble == nil && third.port == 0 && Peer.connect(to: path) != nil)
        #expect(try await control.answer(.report).passages?.map(\.part) == ["part", "other", "third"])
        #expect(Peer.connect(control.part.port) != nil)
        await control.leave()
    }

    @Test func placesAreReadAsTheyAreWritten() throws {
        #expect(try ProxyControl.place("mysql:3306") == HostAndPort(host: "mysql", port: 3306))
        #expect(try ProxyControl.place("[::1]:80") == HostAndPort(host: "::1", port: 80))
        #expect(try ProxyControl.place("/run/mysql.sock") == HostAndPort(host: "/run/mysql.sock", port: 0))
        for wrong in ["mysql", "mysql:", "mysql:x", "mysql:70000"] {
            #expect(throws: Problem.self) { try ProxyControl.place(wrong) }
        }
    }
}
