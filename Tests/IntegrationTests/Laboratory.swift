import Foundation
import Results
import Subprocess
import Synchronization
import SystemPackage
import TestSupport
import Testing

/// Tests that start whole stacks. Each has folders, ports and processes of its own; those of one suite run one after the
/// other, and `./storelab test` says how many run at a time altogether.
@Suite(.timed, .onServers, .timeLimit(.minutes(30))) enum OnRealServers {}

/// A place of its own for one test: experiment files, results and temporary files, and the program to run there.
struct Laboratory: Sendable {
    let folder: String
    /// Process ids of the programs that ran here, by which their control groups are known.
    private let ran = ProcessIDs()
    /// Which Docker engine the program meets.
    var engine = Engine.nowhere
    /// A network namespace to run the program in; nil for the tests' own.
    var network: String?
    /// The checkout whose templates are used.
    var checkout = Laboratory.home

    init(folder: String) { self.folder = folder }

    var experiments: String { folder + "/experiments" }
    var output: String { folder + "/output" }
    var temporary: String { folder + "/tmp" }

    /// The folder of this test's executable, where the programs were built too.
    static var programs: String {
        let test = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        return ((test ?? "") as NSString).deletingLastPathComponent
    }

    static var home: String {
        (0..<3).reduce(#filePath) { path, _ in (path as NSString).deletingLastPathComponent }
    }

    static func with(_ body: (Laboratory) async throws -> Void) async throws {
        let laboratory = Laboratory(folder: "/tmp/storelab-test-\(UUID().uuidString.prefix(8))")
        for folder in [laboratory.experiments + "/bodies", laboratory.output, laboratory.temporary] {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        }
        try FileManager.default.copyItem(
            atPath: home + "/experiments/bodies/order-1-item.json",
            toPath: laboratory.experiments + "/bodies/order.json")
        defer { try? FileManager.default.removeItem(atPath: laboratory.folder) }
        try await body(laboratory)
        #expect(laboratory.leftovers() == [], "nothing may be left behind")
    }

    struct Ending: Sendable {
        var code: Int32?
        var output: String
        var errors: String
    }

    /// Runs `storelab`.
    /// - Parameters:
    ///   - openFiles: its limit of open files, which root may raise.
    ///   - during: gets the program's process id and runs beside it.
    func storelab(
        _ arguments: [String], environment: [String: String] = [:], openFiles: Int? = nil,
        during: @Sendable @escaping (Int32) async throws -> Void = { _ in }
    ) async throws -> Ending {
        let program = Self.programs + "/storelab"
        var (executable, words) = (program, arguments)
        if let openFiles {
            (executable, words) = (
                "/bin/sh", ["-c", "ulimit -n \(openFiles); exec \"$0\" \"$@\"", program] + arguments
            )
        }
        if let network {
            (executable, words) = ("/usr/bin/nsenter", ["--net=/run/netns/\(network)", executable] + words)
        }
        let errors = folder + "/errors-\(UUID().uuidString).txt"
        let log = try FileDescriptor.open(
            FilePath(errors), .writeOnly, options: [.create, .truncate, .closeOnExec], permissions: .ownerReadWrite)
        defer { try? log.close() }
        let added = engine.merging(environment) { $1 }.merging(["TMPDIR": temporary, "STORELAB_HOME": checkout]) { $1 }
            .map { (Environment.Key(stringLiteral: $0.key), Optional($0.value)) }
        let result = try await Subprocess.run(
            Configuration(
                executable: .path(FilePath(executable)), arguments: Arguments(words),
                environment: .inherit.updating(Dictionary(added) { first, _ in first }),
                workingDirectory: FilePath(folder)),
            input: .none, output: .sequence, error: .fileDescriptor(log, closeAfterSpawningProcess: false)
        ) { execution in
            ran.add(execution.processIdentifier.value)
            async let beside: Void = during(execution.processIdentifier.value)
            var text = ""
            for try await line in execution.standardOutput.strings() { text += line }
            try await beside
            return text
        }
        let code: Int32? = if case .exited(let code) = result.terminationStatus { code } else { nil }
        let told = (try? String(contentsOfFile: errors, encoding: .utf8)) ?? ""
        return Ending(code: code, output: result.closureResult, errors: told)
    }

    func write(_ name: String, _ text: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: experiments + "/" + name))
    }

    /// A file of the latest run, by the name that it had before it may have been compressed.
    func read(_ name: String) throws -> String {
        String(decoding: try RecordFiles.content(of: output + "/latest/" + name).content, as: UTF8.self)
    }

    func record(_ measurement: String) throws -> [String: Any] {
        try JSONSerialization.jsonObject(with: Data(read("\(measurement)/record.json").utf8)) as? [String: Any] ?? [:]
    }

    /// Processes, folders and control groups that lie in, or came from, this place.
    func leftovers() -> [String] {
        let files = FileManager.default
        let processes = ((try? files.contentsOfDirectory(atPath: "/proc")) ?? []).filter { Int32($0) != nil }
            .compactMap { pid -> String? in
                guard let folder = try? files.destinationOfSymbolicLink(atPath: "/proc/\(pid)/cwd"),
                    folder.hasPrefix(temporary + "/")
                else { return nil }
                return "process \(pid) in \(folder)"
            }
        let folders = ((try? files.contentsOfDirectory(atPath: temporary)) ?? []).map { "folder \($0)" }
        // `storelab-USER-RUN-PROCESS-stack-PART`.
        let groups = ["/sys/fs/cgroup", "/sys/fs/cgroup/cpu"].flatMap { root in
            ((try? files.contentsOfDirectory(atPath: root)) ?? [])
                .filter { name in name.hasPrefix("storelab-") && ran.all.contains { name.contains("-\($0)-stack-") } }
                .map { "control group \(root)/\($0)" }
        }
        return processes + folders + groups
    }

    /// Process ids of the stack's services by the last part of their folder, for example `store-1`.
    func services() -> [String: Int32] {
        let files = FileManager.default
        let found = ((try? files.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { Int32($0) }
            .compactMap { pid -> (String, Int32)? in
                guard let folder = try? files.destinationOfSymbolicLink(atPath: "/proc/\(pid)/cwd"),
                    folder.hasPrefix(temporary + "/")
                else { return nil }
                return ((folder as NSString).lastPathComponent, pid)
            }
        return Dictionary(found) { min($0, $1) }
    }

    /// Waits until the first program of a stack runs.
    func waitForServices() async throws {
        for _ in 0..<12_000 {
            if !services().isEmpty { return }
            try await Task.sleep(for: .milliseconds(10))
        }
        Issue.record("no program of a stack was seen within two minutes")
    }

    /// Waits until the newest measurement has samples, so that its load has begun.
    func waitForLoad(_ measurement: String, seconds: Int = 2) async throws {
        for _ in 0..<3000 {
            let lines = (try? read("\(measurement)/samples.jsonl"))?.utf8.count { $0 == UInt8(ascii: "\n") } ?? 0
            if lines >= seconds { return }
            try await Task.sleep(for: .milliseconds(100))
        }
        Issue.record("the load did not come so far within five minutes")
    }
}

private final class ProcessIDs: Sendable {
    private let ids = Mutex<Set<Int32>>([])

    var all: Set<Int32> { ids.withLock(\.self) }

    func add(_ id: Int32) { ids.withLock { _ = $0.insert(id) } }
}

/// Small experiments.
enum Definition {
    static func ramp(
        _ name: String, backend: String = "redis", replicas: Int = 1, balancer: String = "none", hold: String = "3s",
        limits: String = "error_rate > 1% for 2s", tasks: String = Definition.mix
    ) -> String {
        """
        name: \(name)
        title: "\(name)"
        stack:
          backend: \(backend)
          replicas: \(replicas)
          balancer: \(balancer)
          store: { cpus: 0.5 }
          dataset: { users: 20, products: 30, orders: 200, seed: 7 }
        load:
          tasks:
        \(tasks)
          think_time: 100ms..300ms
          ramp: [{ users: 10, spawn_rate: 20/s, hold: \(hold) }]
          timeout: 2s
        limits: ["\(limits)"]
        """
    }

    /// Somebody's own Compose project, searched for its limit.
    static func project(_ file: String) -> String {
        """
        name: own
        title: "own"
        stack:
          compose_file: \(file)
          service: store_manager
          port: 5000
          ready: /orders/reports/highest-spenders
        load:
          tasks:
            - { name: order, post: /orders, body: bodies/order.json, expect: { status: 201, has: order_id } }
            - { name: spenders, get: /orders/reports/highest-spenders, expect: { status: 200, is: list } }
          think_time: 200ms..600ms
          find_limit: { from: 3, to: 200, factor: 4, hold: 4s, precision: 100% }
          timeout: 2s
        limits: ["error_rate > 1% for 2s"]
        """
    }

    static let orders = """
                - { name: order, post: /orders, body: bodies/order.json, expect: { status: 201, has: order_id } }
        """

    static let mix = """
            - { name: order, post: /orders, body: bodies/order.json, expect: { status: 201, has: order_id } }
            - { name: spenders, get: /orders/reports/highest-spenders, expect: { status: 200, is: list } }
            - { name: sellers, get: /orders/reports/best-sellers, expect: { status: 200, is: list } }
        """
}
