import ArgumentParser
import Foundation
import Model
import Stacks
import Subprocess
import SystemPackage

/// Runs the pairs and prints the table of ratios.
struct Compare: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run all pairs, or those whose title holds a word, and print the ratios.",
        discussion: "Needs wrk, mariadb-slap and the programs of the local stack. Every pair takes turns, so both meet "
            + "the same noise; the ratio is the median over the pairs.")

    @Option(help: "Seconds of each measurement.")
    var seconds = 4
    @Option(help: "Pairs of each comparison.")
    var pairs = 5
    @Option(help: "Only the comparisons whose title holds this.")
    var only: String?

    func run() async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/store-benchmark-\(getpid())"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let workspace = try Workspace(run: "benchmark")
        defer { workspace.remove() }
        let arena = Arena(folder: folder, seconds: seconds, workspace: workspace)
        var outcomes: [Pairing.Outcome] = []
        for group in Comparison.all {
            let wanted = group.titles.filter { title in only.map { title.contains($0) } ?? true }
            guard !wanted.isEmpty else { continue }
            outcomes += try await group.run(arena) { pairing in
                guard wanted.contains(pairing.title) else { return nil }
                return try await pairing.run(pairs: pairs) { line in
                    FileHandle.standardError.write(Data((line + "\n").utf8))
                }
            }
        }
        print(Table(outcomes: outcomes).text)
    }
}

/// What the comparisons share.
struct Arena: Sendable {
    let folder: String
    let seconds: Int
    let workspace: Workspace

    /// A stack without CPU limits, one replica, and its data set.
    func withStack<Answer: Sendable>(
        _ backend: ReportReads, orders: Int, proxy: ProxyRequest? = nil,
        _ body: @Sendable (any RunningStack) async throws -> Answer
    ) async throws -> Answer {
        let stack = try LocalStack(
            templates: StackTemplates(folder: Self.home + "/templates/stack"),
            storeExecutable: Self.programs + "/store", workspace: workspace)
        let definition = StackDefinition(
            backend: backend, replicas: 1, balancers: [.none], storeCPUs: nil,
            dataset: .generated(users: 1000, products: 10_000, orders: orders, seed: 42))
        return try await stack.withRunning(
            StackRequest(definition: definition, balancer: .none, users: 100, logs: folder, proxy: proxy), body)
    }

    /// Serves `bytes` by a bare Hummingbird route, in a process of its own as the store is.
    func withBare<Answer: Sendable>(
        _ bytes: Data, _ body: @escaping @Sendable (_ url: String) async throws -> Answer
    ) async throws -> Answer {
        let file = folder + "/bytes-\(UUID().uuidString)"
        try bytes.write(to: URL(fileURLWithPath: file))
        let port = Int.random(in: 20_000..<32_000)
        return try await Subprocess.run(
            .path(FilePath(Self.programs + "/store-benchmark")), arguments: ["bare", "--port", "\(port)", file],
            input: .none, output: .discarded, error: .discarded
        ) { execution in
            let url = "http://127.0.0.1:\(port)/"
            for _ in 0..<250 where (try? await get(url)) != bytes { try await Task.sleep(for: .milliseconds(20)) }
            guard try await get(url) == bytes else { throw BenchmarkFailure(description: "the bare route is not up") }
            let answer = try await body(url)
            await execution.teardown(using: [.send(signal: .kill, allowedDurationToNextStep: .seconds(1))])
            return answer
        }.closureResult
    }

    static var programs: String {
        let program = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        return ((program ?? "") as NSString).deletingLastPathComponent
    }

    private static var home: String {
        (0..<4).reduce(#filePath) { path, _ in (path as NSString).deletingLastPathComponent }
    }
}

func get(_ url: String) async throws -> Data {
    Data(try await output(of: "curl", ["--silent", "--fail", "--max-time", "5", url]).utf8)
}

/// The table that is the benchmark's answer.
struct Table {
    var outcomes: [Pairing.Outcome]

    var text: String {
        let head =
            "| comparison | store (/s) | peer (/s) | ratio | lowest | highest | goal |\n|---|--:|--:|--:|--:|--:|--:|"
        return ([head] + outcomes.map(row)).joined(separator: "\n")
    }

    private func row(_ outcome: Pairing.Outcome) -> String {
        let ratios = zip(outcome.store, outcome.peer).map { $0 / $1 }
        let numbers = [
            String(format: "%.0f", outcome.store.median), String(format: "%.0f", outcome.peer.median),
            String(format: "%.2f", outcome.ratio), String(format: "%.2f", ratios.min() ?? .nan),
            String(format: "%.2f", ratios.max() ?? .nan), String(format: "%.2f", outcome.goal),
        ]
        return "| \(outcome.title) | " + numbers.joined(separator: " | ") + " |"
    }
}
