import CLinux
import FaultProxy
import Foundation
import Model
import TestSupport
import Testing
import Threads

@Suite(.timed) struct ProxyServerTests {
    private static func clock() -> Seconds {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    @Test(arguments: Transport.allCases)
    func bytesPassUnchangedInBothDirectionsAndEachEndsByItself(transport: Transport) async throws {
        let total = 50 << 20
        let part = try ProxiedPart(transport)
        defer { part.end() }
        let (client, server) = try #require(part.connect())
        let (up, down) = (Pattern(seed: 1), Pattern(seed: 2))
        async let sent = onThread {
            let isSent = up.send(total, over: client)
            client.endSending()
            return isSent
        }
        async let arrived = onThread { up.receive(from: server) }
        async let answered = onThread { down.receive(from: client, atMost: total) }
        async let answer = onThread { down.send(total, over: server) }
        #expect(await sent)
        // All of it, and then the end, although the other direction goes on.
        #expect(await arrived == total)
        #expect(await answer)
        #expect(await answered == total)
        let last = await onThread {
            server.send("the client has ended, the server has not")
            server.close()
            return client.receiveText(1_000)
        }
        #expect(last == "the client has ended, the server has not")
        client.close()
        let passage = try #require(part.proxy.passages.first)
        #expect(passage.sent == total)
        #expect(passage.received == total + last.utf8.count)
        #expect(passage.connections == 1)
    }

    @Test(arguments: Transport.allCases)
    func whatIsSlowIsLateByAtLeastSoMuchAndInOrder(transport: Transport) async throws {
        let part = try ProxiedPart(transport)
        defer { part.end() }
        let (client, server) = try #require(part.connect())
        try part.proxy.begin(.slow(from: 0.05, to: 0.08), on: "part")
        let count = 60
        async let sending = onThread {
            (0..<count).map { number -> Seconds in
                let time = Self.clock()
                client.send(String(format: "%04d", number))
                usleep(3_000)
                return time
            }
        }
        let arrivals = await onThread {
            (0..<count).map { _ in (server.receiveText(4), Self.clock()) }
        }
        let sent = await sending
        #expect(arrivals.map(\.0) == (0..<count).map { String(format: "%04d", $0) })
        for (sent, arrival) in zip(sent, arrivals) { #expect(arrival.1 - sent >= 0.05) }
        let roundTrip = await onThread {
            let began = Self.clock()
            client.send("ping")
            _ = server.receiveText(4)
            server.send("pong")
            return client.receiveText(4) == "pong" ? Self.clock() - began : 0
        }
        #expect(roundTrip >= 0.1)
        // Its end is as late as its bytes, and does not overtake them.
        let last = await onThread {
            let began = Self.clock()
            client.send("last")
            client.endSending()
            return (server.receiveText(100), Self.clock() - began)
        }
        #expect(last.0 == "last" && last.1 >= 0.05)
        client.close()
        server.close()
    }

    @Test(arguments: Transport.allCases)
    func whatIsHeldBackGoesOnWhenTheDelayEnds(transport: Transport) async throws {
        let part = try ProxiedPart(transport)
        defer { part.end() }
        let (client, server) = try #require(part.connect())
        try part.proxy.begin(.slow(from: 3_000, to: 3_000), on: "part")
        client.send("waits")
        // The proxy has it before the delay ends.
        while part.proxy.passages.first?.sent != 5 { usleep(1_000) }
        try part.proxy.end(.slow(from: 0, to: 0), on: "part")
        client.send(", no more")
        #expect(await onThread { server.receiveText(14) } == "waits, no more")
        client.close()
        server.close()
    }

    @Test func whatIsCutIsResetAndRefusedAndThenHealed() async throws {
        let part = try ProxiedPart()
        defer { part.end() }
        let (client, server) = try #require(part.connect())
        client.send("a")
        #expect(server.receiveText(1) == "a")
        try part.proxy.begin(.cut, on: "part")
        for peer in [client, server] {
            #expect(peer.receive() == nil)
            peer.close()
        }
        for _ in 0..<20 { #expect(Peer.connect(part.port) == nil) }
        // Of the others nothing is in force.
        try part.proxy.begin(.cut, on: "part")
        #expect(Peer.connect(part.port) == nil)
        try part.proxy.end(.cut, on: "part")
        let (again, other) = try #require(part.connect())
        expectPassage(between: again, and: other)
        again.close()
        other.close()
        try part.proxy.end(.cut, on: "part")
        #expect(Peer.connect(part.port) != nil)
    }

    /// Bytes go both ways.
    private func expectPassage(between client: Peer, and server: Peer) {
        client.send("b")
        #expect(server.receiveText(1) == "b")
        server.send("c")
        #expect(client.receiveText(1) == "c")
    }

    @Test(arguments: Transport.allCases)
    func allConnectionsTogetherCarryNoMoreThanTheBandwidth(transport: Transport) async throws {
        let (rate, each, count) = (400_000, 60_000, 5)
        let part = try ProxiedPart(transport)
        defer { part.end() }
        let pairs = try (0..<count).map { _ in try #require(part.connect()) }
        let began = Self.clock()
        try part.proxy.begin(.bandwidth(bytesPerSecond: rate), on: "part")
        let pattern = Pattern(seed: 3)
        let took = await withTaskGroup(of: Int.self) { group in
            for (client, server) in pairs {
                group.addTask { await onThread { pattern.send(each, over: client) ? 0 : -1 } }
                group.addTask { await onThread { pattern.receive(from: server, atMost: each) } }
            }
            #expect(await group.reduce(0, +) == each * count)
            return Self.clock() - began
        }
        #expect(took >= Double(each * count) / Double(rate))
        // The other direction has as much for itself; and none of it is held back once the fault is over.
        let back = Self.clock()
        async let sent = onThread { pattern.send(each, over: pairs[0].server) }
        #expect(await onThread { pattern.receive(from: pairs[0].client, atMost: each) } == each)
        #expect(await sent)
        // What had gathered before is 20 ms of it.
        #expect(Self.clock() - back >= Double(each) / Double(rate) - 0.02)
        async let more = onThread { pattern.send(20 << 20, over: pairs[1].client) }
        try part.proxy.end(.bandwidth(bytesPerSecond: rate), on: "part")
        #expect(await onThread { pattern.receive(from: pairs[1].server, atMost: 20 << 20) } == 20 << 20)
        #expect(await more)
        for pair in pairs { pair.client.close(); pair.server.close() }
    }

    /// A Unix socket knows no reset; who is cut off finds the end of the stream.
    @Test func whatIsCutAtAPathEndsAndIsRefusedAndThenHealed() async throws {
        let part = try ProxiedPart(.unix)
        defer { part.end() }
        let (client, server) = try #require(part.connect())
        client.send("a")
        #expect(server.receiveText(1) == "a")
        for _ in 0..<2 {
            try part.proxy.begin(.cut, on: "part")
            #expect(part.dial() == nil && errno == ECONNREFUSED)
        }
        for peer in [client, server] {
            #expect(peer.receive() == [] && !peer.send("b"))
            peer.close()
        }
        for _ in 0..<20 {
            try part.proxy.end(.cut, on: "part")
            let (again, other) = try #require(part.connect())
            expectPassage(between: again, and: other)
            try part.proxy.begin(.cut, on: "part")
            #expect(part.dial() == nil && errno == ECONNREFUSED)
            again.close()
            other.close()
        }
        try part.proxy.end(.cut, on: "part")
        #expect(part.dial() != nil)
    }

    @Test func aPartWithoutItsPathHasItsClientsClosed() async throws {
        let part = try ProxiedPart(.unix)
        part.listener.close()
        defer { part.proxy.end() }
        let client = try #require(part.dial())
        #expect(await onThread { client.receive()?.isEmpty != false })
        client.close()
        #expect(part.proxy.passages.first?.refused == 1)
        #expect(part.proxy.passages.first?.open == 0)
        let nobody = try ProxyServer(seed: 1)
        defer { nobody.end() }
        let long = "/tmp/" + String(repeating: "x", count: 200)
        #expect(throws: Problem.self) {
            try nobody.listen(
                "part", at: HostAndPort(host: long, port: 0), upstream: HostAndPort(host: "/tmp/part", port: 0))
        }
    }

    @Test func whatIsSlowAndNarrowIsBoth() async throws {
        let part = try ProxiedPart()
        defer { part.end() }
        let (client, server) = try #require(part.connect())
        let began = Self.clock()
        try part.proxy.begin(.slow(from: 0.1, to: 0.1), on: "part")
        try part.proxy.begin(.bandwidth(bytesPerSecond: 100_000), on: "part")
        let pattern = Pattern(seed: 4)
        async let sent = onThread { pattern.send(30_000, over: client) }
        #expect(await onThread { pattern.receive(from: server, atMost: 30_000) } == 30_000)
        #expect(await sent)
        #expect(Self.clock() - began >= 0.3)
        client.close()
        server.close()
    }

    @Test(arguments: Transport.allCases)
    func thousandsOfConnectionsAtOnce(transport: Transport) async throws {
        OpenFiles.raiseLimit()
        // Each takes four descriptors of this process.
        let count = min(2_000, ((OpenFiles.limit ?? 1_024) - 200) / 4)
        let part = try ProxiedPart(transport)
        defer { part.end() }
        async let served = onThread { () -> Int in
            let peers = (0..<count).map { _ in part.listener.accept() }
            defer { for peer in peers { peer.close() } }
            return peers.count { peer in
                let text = peer.receiveText(8)
                return peer.send(String(text.reversed()))
            }
        }
        let answered = await onThread { () -> Int in
            let peers = (0..<count).compactMap { _ in part.dial() }
            defer { for peer in peers { peer.close() } }
            for (number, peer) in peers.enumerated() { peer.send(String(format: "%08d", number)) }
            return peers.enumerated().count { number, peer in
                peer.receiveText(8) == String(String(format: "%08d", number).reversed())
            }
        }
        #expect(answered == count)
        #expect(await served == count)
        for _ in 0..<5_000 where part.proxy.passages.first?.open != 0 { usleep(1_000) }
        #expect(part.proxy.passages.first?.open == 0)
        #expect(part.proxy.passages.first?.connections == count)
    }

    /// What the kernel keeps of four sockets is some 20 MiB, what the proxy keeps less.
    @Test(arguments: Transport.allCases, [nil, FaultAction.slow(from: 3_000, to: 3_000)])
    func aReaderThatStallsStallsTheSender(transport: Transport, fault: FaultAction?) async throws {
        let (attempt, most) = (200 << 20, 64 << 20)
        let part = try ProxiedPart(transport)
        defer { part.end() }
        let (client, server) = try #require(part.connect())
        if let fault { try part.proxy.begin(fault, on: "part") }
        let pattern = Pattern(seed: 5)
        async let sending = onThread { pattern.send(attempt, over: client) }
        // Until nothing more is taken.
        let taken = await onThread { () -> Int in
            var (before, still) = (-1, 0)
            while still < 100 {
                usleep(10_000)
                let now = part.proxy.passages.first?.sent ?? 0
                still = now == before && now > 0 ? still + 1 : 0
                before = now
            }
            return before
        }
        #expect(taken < most)
        if let fault { try part.proxy.end(fault, on: "part") }
        #expect(await onThread { pattern.receive(from: server, atMost: attempt) } == attempt)
        #expect(await sending)
        client.close()
        server.close()
    }

    @Test func aPartThatRefusesHasItsClientsReset() async throws {
        let part = try ProxiedPart()
        part.listener.close()
        defer { part.proxy.end() }
        let client = try #require(Peer.connect(part.port))
        #expect(await onThread { client.receive() } == nil)
        client.close()
        #expect(part.proxy.passages.first?.refused == 1)
        #expect(part.proxy.passages.first?.open == 0)
    }

    @Test func aResetPassesToTheOtherSide() async throws {
        let part = try ProxiedPart()
        defer { part.end() }
        let (client, server) = try #require(part.connect())
        client.send("a")
        #expect(server.receiveText(1) == "a")
        var nothing = linger(l_onoff: 1, l_linger: 0)
        setsockopt(server.socket, SOL_SOCKET, SO_LINGER, &nothing, socklen_t(MemoryLayout<linger>.size))
        server.close()
        #expect(await onThread { client.receive() } == nil)
        client.close()
    }

    @Test func aNameIsLookedUpForEachConnection() async throws {
        let part = try ProxiedPart(host: "localhost")
        defer { part.end() }
        for _ in 0..<3 {
            let client = try #require(Peer.connect(part.port))
            let server = part.listener.accept()
            client.send("a")
            #expect(server.receiveText(1) == "a")
            client.close()
            server.close()
        }
        let nobody = try ProxyServer(seed: 1)
        defer { nobody.end() }
        let port = try nobody.listen(
            "part", at: HostAndPort(host: "127.0.0.1", port: 0),
            upstream: HostAndPort(host: "no-such-host.invalid", port: 1))
        let client = try #require(Peer.connect(port))
        #expect(await onThread { client.receive() } == nil)
        client.close()
    }

    @Test(arguments: Transport.allCases)
    func chunksAreTimedWhileNoFaultIsInForce(transport: Transport) async throws {
        let part = try ProxiedPart(transport)
        defer { part.end() }
        let (client, server) = try #require(part.connect())
        #expect(part.proxy.passages.first?.median == nil)
        for _ in 0..<100 {
            client.send("a")
            _ = server.receiveText(1)
        }
        let passage = try #require(part.proxy.passages.first)
        let median = try #require(passage.median)
        #expect(median > 0 && median <= passage.p99 ?? 0)
        client.close()
        server.close()
    }
}
