import Foundation
import Model
import Stacks
import TestSupport
import Testing

/// An application that runs already: where it is, and which processes it is.
@Suite(.timed) struct RunningTargetTests {
    /// A socket that listens at a literal, on any port; it belongs to this process.
    private final class Listener {
        let descriptor: Int32
        let port: Int

        init?(_ literal: String) {
            var hints = addrinfo()
            hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
            hints.ai_flags = AI_NUMERICHOST
            var found: UnsafeMutablePointer<addrinfo>?
            guard getaddrinfo(literal, "0", &hints, &found) == 0, let entry = found?.pointee else { return nil }
            defer { freeaddrinfo(found) }
            let made = socket(entry.ai_family, Int32(SOCK_STREAM.rawValue), 0)
            var storage = sockaddr_storage()
            var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
            guard bind(made, entry.ai_addr, entry.ai_addrlen) == 0, listen(made, 5) == 0 else { return nil }
            let named = withUnsafeMutablePointer(to: &storage) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(made, $0, &length) }
            }
            guard named == 0 else { return nil }
            descriptor = made
            // The port stands at the same place in both families.
            port = withUnsafeBytes(of: &storage) { Int($0[2]) << 8 | Int($0[3]) }
        }

        deinit { close(descriptor) }
    }

    private func endpoint(_ url: String) async throws -> Endpoint {
        try await ExternalStack(RunningService(url: url, prometheus: nil), allowedHosts: [])
            .withRunning(.sample()) { $0.endpoint }
    }

    @Test func anAddressOfThisMachineIsProbedWhereItIs() async throws {
        let listener = try #require(Listener("127.0.0.3"))
        let endpoint = try await endpoint("http://127.0.0.3:\(listener.port)")
        #expect(endpoint.host == "127.0.0.3" && endpoint.shortcut == nil)
        // 127.0.0.1 has nothing there.
        await #expect(throws: Problem.self) { _ = try await self.endpoint("http://127.0.0.1:\(listener.port)") }
    }

    /// It may have counted the question, although no answer came in time.
    @Test func whatTheApplicationMayHaveCountedIsCounted() async throws {
        let listener = try #require(Listener("127.0.0.1"))
        let requests = ReadinessRequests()
        #expect(await !requests.succeeds(.answers(path: "/"), port: listener.port))
        #expect(requests.count == 1)
        let closed = try #require({ Listener("127.0.0.1")?.port }())
        #expect(await !requests.succeeds(.answers(path: "/"), port: closed))
        #expect(requests.count == 1)
    }

    @Test(.enabled(if: Listener("::1") != nil, "this machine has no IPv6"))
    func aLiteralOfIPv6IsProbedAndNamedInBrackets() async throws {
        let listener = try #require(Listener("::1"))
        let literal = try await endpoint("http://[::1]:\(listener.port)")
        #expect(literal.host == "::1" && literal.authority == "[::1]:\(listener.port)")
        // A name has both addresses, and this server listens at one only.
        let name = try await endpoint("http://localhost:\(listener.port)")
        #expect(name.authority == "localhost:\(listener.port)")
        #expect(name.shortcut == HostAndPort(host: "::1", port: listener.port))
    }

    @Test func theHostFieldIsThatOfTheURL() throws {
        let authorities = try ["http://localhost", "http://localhost:8080", "https://shop.example", "http://[::1]:80"]
            .map {
                try ExternalStack.endpoint($0).authority
            }
        #expect(authorities == ["localhost", "localhost:8080", "shop.example", "[::1]"])
    }

    @Test func aSocketThatListensIsFoundByItsAddress() {
        let table = """
              sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
               0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 11 1
               1: 0300007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 12 1
               2: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 13 1
               3: 0100007F:1F90 0100007F:C000 01 00000000:00000000 00:00000000 00000000     0        0 14 1
               4: 0100007F:1F91 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 15 1
            """
        #expect(ListeningProcesses.inodes(in: table, addresses: ["127.0.0.1"], port: 8080) == [11, 13])
        let six = """
              sl  local_address                         remote_address                        st tx_queue rx_queue
               0: 00000000000000000000000001000000:1F90 00000000000000000000000000000000:0000 0A 0:0 0:0 0 0 0 21 1
               1: 0000000000000000FFFF00000100007F:1F90 00000000000000000000000000000000:0000 0A 0:0 0:0 0 0 0 22 1
               2: 00000000000000000000000000000000:1F90 00000000000000000000000000000000:0000 0A 0:0 0:0 0 0 0 23 1
            """
        #expect(ListeningProcesses.inodes(in: six, addresses: ["::1"], port: 8080) == [21, 23])
        #expect(ListeningProcesses.inodes(in: six, addresses: ["127.0.0.1"], port: 8080) == [22, 23])
    }

    @Test func whatAProcessStartedBelongsToIt() {
        func entry(_ pid: Int32, _ parent: Int32) -> ProcessTable.Entry? {
            let zeros = Array(repeating: "0", count: 20).joined(separator: " ")
            return ProcessTable.parse(stat: "\(pid) (x) S \(parent) \(zeros)", pid: pid)
        }
        // A master with two workers, of which one has a child; beside them a shell with another program.
        let entries = [entry(2, 1), entry(10, 2), entry(11, 10), entry(12, 10), entry(13, 12), entry(20, 2)].compactMap(
            \.self)
        #expect(ListeningProcesses.family(of: [10, 11], among: entries).map(\.pid) == [10, 11, 12, 13])
        #expect(ListeningProcesses.family(of: [99], among: entries).isEmpty)
    }

    @Test func anApplicationInAnotherProcessIsWatched() async throws {
        let program = Process()
        program.executableURL = URL(filePath: "/usr/bin/env")
        let script =
            "import socket, time; s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen(9); "
            + "print(s.getsockname()[1], flush=True); end = time.process_time() + 0.3\n"
            + "while time.process_time() < end: pass\nprint('busy', flush=True); time.sleep(60)"
        program.arguments = ["python3", "-c", script]
        let output = Pipe()
        program.standardOutput = output
        guard (try? program.run()) != nil else { return }
        // It may have inherited that SIGTERM is blocked.
        defer { kill(program.processIdentifier, SIGKILL) }
        var said = ""
        while !said.contains("busy") {
            let more = output.fileHandleForReading.availableData
            guard !more.isEmpty else { return }
            said += String(decoding: more, as: UTF8.self)
        }
        let port = try #require(said.split(separator: "\n").first.flatMap { Int($0) })
        let (names, used) = try await ExternalStack(
            RunningService(url: "http://127.0.0.1:\(port)", prometheus: nil), allowedHosts: []
        ).withRunning(.sample()) { running in
            (running.components.map(\.name), running.usage().values.map(\.cpuSeconds).reduce(0, +))
        }
        #expect(names.count == 1 && names.first?.hasPrefix("python") == true)
        #expect(used >= 0.25)
    }
}
