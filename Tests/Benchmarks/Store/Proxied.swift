import ArgumentParser
import Foundation
import Model
import Stacks

/// What the proxy between the parts costs while no fault is in force: two stacks that differ by it alone take turns.
struct Proxied: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "proxy", abstract: "The store with and without a proxy before one of its parts, at rest.",
        discussion:
            "Prints the ratio of requests per second and the difference of the medians of the latency: the median "
            + "over the pairs, the lowest and the highest. Requests are sent by `storelab load`.")

    @Option(help: "Seconds of each measurement.")
    var seconds = 5
    @Option(help: "Pairs of each comparison.")
    var pairs = 10
    @Option(help: "Connections that send as fast as they can.")
    var connections = 8
    @Option(help: "Requests per second that arrive, instead of connections that send as fast as they can.")
    var rate: Int?
    @Option(help: "The part: mysql, redis, or store-1, which is where the load goes.")
    var parts: [String] = ["mysql", "store-1"]

    func run() async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/store-benchmark-\(getpid())"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let workspace = try Workspace(run: "benchmark")
        defer { workspace.remove() }
        let arena = Arena(folder: folder, seconds: seconds, workspace: workspace)
        print("| proxy before | requests | with (/s) | without (/s) | ratio | p50 added |\n|---|---|--:|--:|--:|--:|")
        for part in parts {
            try await arena.withStack(.mysql, orders: 5_000) { plain in
                try await arena.withStack(
                    .mysql, orders: 5_000, proxy: ProxyRequest(parts: [part], seed: 1)
                ) { proxied in
                    for request in Request.all { try await compare(part, request, arena, plain, proxied) }
                }
            }
        }
    }

    private func compare(
        _ part: String, _ request: Request, _ arena: Arena, _ plain: any RunningStack, _ proxied: any RunningStack
    ) async throws {
        var results: [(with: Rate, without: Rate)] = []
        for number in 0..<pairs {
            // Who goes first changes, so that neither always finds the warmer machine.
            let order = number.isMultiple(of: 2) ? [plain, proxied] : [proxied, plain]
            let rates = [try await measure(order[0], request, arena), try await measure(order[1], request, arena)]
            let (without, with) = number.isMultiple(of: 2) ? (rates[0], rates[1]) : (rates[1], rates[0])
            results.append((with, without))
            let line = "\(part), \(request.name), pair \(number + 1): with \(with), without \(without)\n"
            FileHandle.standardError.write(Data(line.utf8))
        }
        let ratios = results.map { $0.with.perSecond / $0.without.perSecond }
        let added = results.map { ($0.with.median - $0.without.median) * 1000 }
        let columns = [
            part, request.name, String(format: "%.0f", results.map(\.with.perSecond).median),
            String(format: "%.0f", results.map(\.without.perSecond).median), Self.span(ratios, "%.3f"),
            Self.span(added, "%.3f ms"),
        ]
        print("| \(columns.joined(separator: " | ")) |")
    }

    private static func span(_ values: [Double], _ format: String) -> String {
        let (low, high) = (values.min() ?? .nan, values.max() ?? .nan)
        return String(format: format, values.median) + " (" + String(format: format, low) + " to "
            + String(format: format, high) + ")"
    }

    private struct Request: Sendable {
        var name: String
        var path: String
        var arguments: [String]

        static let all = [
            Request(name: "GET highest-spenders", path: "/orders/reports/highest-spenders", arguments: []),
            Request(
                name: "POST /orders", path: "/orders",
                arguments: [
                    "-X", "POST", "-H", "Content-Type: application/json", "--expect-status", "201", "-d",
                    #"{"user_id":1,"items":[{"product_id":2,"quantity":2}]}"#,
                ]),
        ]
    }

    private struct Rate: Sendable, CustomStringConvertible {
        var perSecond: Double
        var median: Seconds

        var description: String { String(format: "%.0f/s p50 %.3f ms", perSecond, median * 1000) }
    }

    private func measure(_ stack: any RunningStack, _ request: Request, _ arena: Arena) async throws -> Rate {
        struct Answer: Decodable {
            struct Row: Decodable {
                var rate: Double
                var failed: Int
                var p50: Double?
            }

            struct Step: Decodable { var total: Row? }

            var steps: [Step]
        }
        // As a run would.
        let way = stack.endpoint.unixSocket.map { ["--unix-socket", $0] } ?? []
        let load = rate.map { ["--rate", "\($0)/s"] } ?? ["--connections", "\(connections)"]
        let text = try await output(
            of: Arena.programs + "/storelab",
            ["load", "http://\(stack.endpoint.address)\(request.path)", "--duration", "\(seconds)s", "--json"] + load
                + way + request.arguments)
        let steps = try JSONDecoder().decode(Answer.self, from: Data(text.utf8)).steps
        guard let answer = steps.last?.total, answer.failed == 0, let median = answer.p50 else {
            throw BenchmarkFailure(description: "\(request.name): requests failed")
        }
        return Rate(perSecond: answer.rate, median: median)
    }
}
