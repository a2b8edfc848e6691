import Foundation
import FoundationNetworking
import Testing

/// A Prometheus on data that a run kept, as a person starts one.
struct KeptPrometheus {
    private let address: String

    /// - Parameter folder: of the data; Prometheus writes into it.
    static func with(_ folder: String, _ body: (KeptPrometheus) async throws -> Void) async throws {
        let port = Int.random(in: 20_000..<32_000)
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/prometheus")
        process.arguments = [
            "--config.file=/dev/null", "--storage.tsdb.retention.time=100y", "--storage.tsdb.path=\(folder)",
            "--web.listen-address=127.0.0.1:\(port)", "--log.level=error",
        ]
        process.standardError = FileHandle.nullDevice
        try process.run()
        defer {
            process.terminate()
            process.waitUntilExit()
        }
        let prometheus = KeptPrometheus(address: "http://127.0.0.1:\(port)")
        for _ in 0..<2400 where await !prometheus.isReady() { try await Task.sleep(for: .milliseconds(50)) }
        try await body(prometheus)
    }

    private func isReady() async -> Bool {
        guard let url = URL(string: address + "/-/ready"),
            let (_, answer) = try? await URLSession.shared.data(from: url)
        else { return false }
        return (answer as? HTTPURLResponse)?.statusCode == 200
    }

    /// The values that an expression has at a time.
    func values(of expression: String, at time: Double) async throws -> [Double] {
        var address = try #require(URLComponents(string: address + "/api/v1/query"))
        address.queryItems = [
            URLQueryItem(name: "query", value: expression), URLQueryItem(name: "time", value: "\(time)"),
        ]
        // A plus sign would be read as a blank.
        address.percentEncodedQuery = address.percentEncodedQuery?.replacing("+", with: "%2B")
        let (data, _) = try await URLSession.shared.data(from: #require(address.url))
        let answer = try JSONDecoder().decode(Answer.self, from: data)
        #expect(answer.error == nil, "\(expression)")
        return answer.data?.result.compactMap { Double($0.value.text) } ?? []
    }

    private struct Answer: Decodable {
        struct Data: Decodable { var result: [Series] }
        struct Series: Decodable { var value: Point }
        struct Point: Decodable {
            var text: String

            init(from decoder: any Decoder) throws {
                var parts = try decoder.unkeyedContainer()
                _ = try parts.decode(Double.self)
                text = try parts.decode(String.self)
            }
        }

        var data: Data?
        var error: String?
    }
}

/// `templates/grafana/storelab.json`.
struct Dashboard: Decodable {
    struct Panel: Decodable {
        struct Source: Decodable { var uid: String }

        struct Target: Decodable {
            var expr: String
            var datasource: Source
        }

        var title: String
        var targets: [Target]?
        var datasource: Source?
    }

    struct Variable: Decodable {
        var name: String
        var definition: String?
    }

    struct Templating: Decodable { var list: [Variable] }

    var panels: [Panel]
    var templating: Templating

    init() throws {
        let data = try Data(contentsOf: URL(filePath: Laboratory.home + "/templates/grafana/storelab.json"))
        self = try JSONDecoder().decode(Dashboard.self, from: data)
    }

    /// Every expression by its panel, with the variables at their defaults.
    var expressions: [(panel: String, expression: String)] {
        panels.flatMap { panel in
            (panel.targets ?? []).map { target in
                var text = target.expr
                for (name, value) in [("replica", ".*"), ("route", "/orders|/orders/reports/.*"), ("window", "5s")] {
                    text = text.replacing("$" + name, with: value)
                }
                return (panel.title, text)
            }
        }
    }

    /// Where the panels and their expressions are asked; one that is not a variable is somebody else's.
    var sources: Set<String> {
        Set(panels.flatMap { [$0.datasource?.uid].compactMap(\.self) + ($0.targets ?? []).map(\.datasource.uid) })
    }

    /// What the variables' choices are read from: the label's values over a metric.
    var choices: [String] {
        templating.list.compactMap { variable in
            guard let parts = variable.definition?.wholeMatch(of: /label_values\((.*), (\w+)\)/)?.output else {
                return nil
            }
            return "count by (\(parts.2)) (\(parts.1))"
        }
    }
}
