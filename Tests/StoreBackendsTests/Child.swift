import Glibc
import TestSupport

/// A program that writes to a log.
struct Child: Sendable {
    private let id: pid_t
    private let name: String
    private let log: String

    init(_ arguments: [String], log: String) throws {
        name = arguments[0]
        self.log = log
        var pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) }
        defer { for pointer in pointers { free(pointer) } }
        pointers.append(nil)
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for descriptor in [STDOUT_FILENO, STDERR_FILENO] {
            posix_spawn_file_actions_addopen(&actions, descriptor, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        }
        // The threads of the runtime block signals, and a child would inherit that.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        Self.keepDescriptors()
        var id = pid_t()
        let status = posix_spawn(&id, Self.path(of: name), &actions, &attributes, pointers, environ)
        guard status == 0 else {
            throw Servers.Failure(message: "cannot start \(name): \(String(cString: strerror(status)))")
        }
        self.id = id
    }

    /// A listening socket of another test would go on listening in the child.
    private static func keepDescriptors() {
        for descriptor in 3..<Int32(min(4096, sysconf(Int32(_SC_OPEN_MAX)))) {
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        }
    }

    /// Servers live in folders that only root's PATH names.
    private static func path(of program: String) -> String {
        let path = getenv("PATH").map { String(cString: $0) } ?? ""
        if program.hasPrefix("/") { return program }
        let folders = path.split(separator: ":").map(String.init) + ["/usr/sbin", "/usr/bin", "/bin"]
        return folders.map { "\($0)/\(program)" }.first { access($0, X_OK) == 0 } ?? program
    }

    /// Starts a server on a port of its own. Another test's connection may take a port between its choice and its use,
    /// so a server that ends is started again on another one.
    /// - Parameter start: gives the server and the socket that is there when it listens.
    static func server(_ start: (Int) throws -> (Child, socket: String)) async throws -> (Child, port: Int) {
        let clock = ContinuousClock()
        var attempt = 1
        while true {
            // Below the ports that the kernel gives to connections.
            let port = Int.random(in: 20_000..<32_000)
            let (child, socket) = try start(port)
            let deadline = clock.now + .seconds(120)
            while child.isRunning {
                if canConnect(to: socket), child.isRunning { return (child, port) }
                guard clock.now < deadline else {
                    child.stop()
                    throw child.failure("was not ready in time")
                }
                try await clock.sleep(for: .milliseconds(20))
            }
            if attempt == 5 { throw child.failure("ended at its start") }
            attempt += 1
        }
    }

    /// Returns when it listens.
    func waitFor(socket: String) async throws {
        let deadline = ContinuousClock.now + .seconds(120)
        while !Self.canConnect(to: socket) {
            guard isRunning, ContinuousClock.now < deadline else { throw failure("did not start again") }
            try await ContinuousClock().sleep(for: .milliseconds(10))
        }
    }

    private static func canConnect(to path: String) -> Bool {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
    }

    var isRunning: Bool { waitpid(id, nil, WNOHANG) == 0 }

    /// Waits for its end on a thread of its own.
    /// - Returns: its status, 0 for success.
    func wait() async -> Int32 { await onThread { [self] in waitBriefly() } }

    /// Blocks its thread: for a command that takes a moment.
    func waitBriefly() -> Int32 {
        var status: Int32 = 0
        while waitpid(id, &status, 0) == -1 && errno == EINTR {}
        return status
    }

    /// Runs a short command to its end.
    static func runToEnd(_ arguments: [String]) {
        if let child = try? Child(arguments, log: "/dev/null") { _ = child.waitBriefly() }
    }

    func stop() {
        Glibc.kill(id, SIGTERM)
        _ = waitBriefly()
    }

    /// Stops its time, or lets it go on.
    func pause(_ pauses: Bool) { Glibc.kill(id, pauses ? SIGSTOP : SIGCONT) }

    /// Ends it as a loss of power would.
    func kill() {
        Glibc.kill(id, SIGKILL)
        _ = waitBriefly()
    }

    /// What happened, with the end of the program's log.
    func failure(_ what: String) -> Servers.Failure {
        var text = ""
        if let file = fopen(log, "r") {
            defer { fclose(file) }
            var buffer = [UInt8](repeating: 0, count: 64 * 1024)
            text = String(decoding: buffer[..<fread(&buffer, 1, buffer.count, file)], as: UTF8.self)
        }
        let end = text.split(separator: "\n").suffix(12).joined(separator: "\n")
        return Servers.Failure(message: "\(name) \(what):\n\(end)")
    }
}
