import Foundation
import Model
import Stacks
import TestSupport
import Testing

/// A port of 127.0.0.1 that another program, this one, has taken.
private final class TakenPort {
    let number: Int
    private let descriptor: Int32

    init() throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = descriptor
        let isBound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        try #require(isBound && listen(descriptor, 1) == 0)
        number = Int(UInt16(bigEndian: address.sin_port))
    }

    deinit { close(descriptor) }
}

@Suite(.timed, .onServers, .timeLimit(.minutes(5))) struct ServiceGroupTests {
    private static func with(_ body: (ServiceGroup, String) async throws -> Void) async throws {
        let workspace = try Workspace(run: "test-\(UUID().uuidString.prefix(8))")
        defer { workspace.remove() }
        let serviceGroup = ServiceGroup(ledger: workspace.ledger)
        let folder = try workspace.folder("redis")
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await serviceGroup.run() }
            try await body(serviceGroup, folder)
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    private static func redis(port: Int, in folder: String) throws -> ServiceDefinition {
        ServiceDefinition(
            name: "redis",
            command: Command(
                try #require(Program.redis.path),
                ["--bind", "127.0.0.1", "--port", "\(port)", "--save", "", "--dir", folder], folder: folder),
            log: folder + "/redis.log")
    }

    @Test func aPortThatIsTakenInBetweenIsReplaced() async throws {
        let taken = try TakenPort()
        try await Self.with { serviceGroup, folder in
            var attempts = 0
            let (service, port) = try await serviceGroup.start(.redis) { free in
                attempts += 1
                return try Self.redis(port: attempts == 1 ? taken.number : free, in: folder)
            }
            #expect(attempts == 2)
            #expect(port != taken.number)
            let pid = try #require(service.pid)
            #expect(kill(pid, 0) == 0)
        }
    }

    @Test func aServiceThatDiesAtItsStartIsToldWithItsLastWords() async throws {
        try await Self.with { serviceGroup, folder in
            await #expect {
                try await serviceGroup.start(.redis) { _ in
                    ServiceDefinition(
                        name: "redis",
                        command: Command(
                            try #require(Program.redis.path), ["--no-such-option", "1"], folder: folder),
                        log: folder + "/redis.log")
                }
            } throws: { error in
                let problem = error as? Problem
                return problem?.kind == .measurement && problem?.message.contains("exited with code 1") == true
                    && problem?.message.contains("no-such-option") == true
            }
        }
    }

    @Test func nothingRunsAfterTheGroupWasCancelled() async throws {
        var pid: Int32?
        try await Self.with { serviceGroup, folder in
            pid = try await serviceGroup.start(.redis) { try Self.redis(port: $0, in: folder) }.service.pid
        }
        let ended = try #require(pid)
        #expect(kill(ended, 0) != 0)
    }
}
