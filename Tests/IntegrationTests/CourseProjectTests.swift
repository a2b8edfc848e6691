import Foundation
import TestSupport
import Testing

extension OnRealServers {
    /// Tests/Engine/course-project: an engine for each request, no health check, a slow start, an override file, and a
    /// Prometheus that scrapes every 5 s. It has a place for 40 connections, which are open for 3 s.
    @Suite(.serialized, .enabled(if: Engine.isPresent, "skipped: \(Engine.absence)"))
    struct CourseProjectTests {
        private static let project = Laboratory.home + "/Tests/Engine/course-project"

        @Test func aProjectOfSomebodyElseIsMeasuredUnchanged() async throws {
            let before = FileManager.default.contents(atPath: Self.project + "/docker-compose.yml")
            try await Laboratory.onEngine { laboratory in
                try laboratory.write("1.yaml", Definition.project(Self.project + "/docker-compose.yml"))
                let ending = try await laboratory.storelab(["run", "experiments", "--output", "output"])
                #expect(ending.code == 0, "\(ending.errors)")
                let report = try laboratory.read("report.md")
                try expectTrue(report)
                // PyMySQL cuts the words of what MySQL says before it greets.
                #expect(report.contains("(1040, '") && report.contains("ny connections')"))
                #expect(report.contains("which are called `store_manager-1` here"))
                #expect(report.contains("    * store_manager-1\n"))
                #expect(try laboratory.read("01-own/stack/docker-compose.override.yml").contains("DB_PASS"))
                try expectNoEnglish(try laboratory.read("rapport.md"))
                let record = try laboratory.record("01-own")
                let signs = try #require(record["signs"] as? [String: Any])
                #expect((signs["read"] as? [String])?.contains("mysql") == true)
                #expect((signs["answers"] as? [String: String])?["mysql_1040"] != nil)
                let signals = try #require(record["signals"] as? [String: Any])
                let kinds = Set((signals["series"] as? [[String: Any]] ?? []).compactMap { $0["kind"] as? String })
                #expect(kinds.isSuperset(of: ["mysql_threads_connected", "redis_commands"]), "\(kinds)")
                #expect(signals["missing"] as? [String] == [])
            }
            #expect(FileManager.default.contents(atPath: Self.project + "/docker-compose.yml") == before)
        }

        @Test(.long) func theSameProjectIsMeasuredWhereItRunsAlready() async throws {
            try await Laboratory.onEngine { laboratory in
                let ports = laboratory.folder + "/ports.yml"
                try Data(Self.ports.utf8).write(to: URL(filePath: ports))
                let files =
                    ["docker-compose.yml", "docker-compose.override.yml"].map { "\(Self.project)/\($0)" } + [ports]
                let compose = ["compose", "--project-directory", Self.project] + files.flatMap { ["--file", $0] }
                try await Engine.docker(["network", "create", "labo04-network"])
                try await Engine.docker(compose + ["up", "--detach", "--build"])
                func address(_ service: String, _ port: String) async throws -> String {
                    "http://"
                        + (try await Engine.docker(compose + ["port", service, port])
                            .trimmingCharacters(in: .whitespacesAndNewlines))
                }
                let url = try await address("store_manager", "5000")
                // Not before it listens.
                for _ in 0..<200
                where try await Engine.docker(["exec", "store_manager", "python3", "-c", Self.asking]) != "ok\n" {
                    try await Task.sleep(for: .milliseconds(200))
                }
                let text = Definition.project("none").split(separator: "\n", omittingEmptySubsequences: false)
                    .filter { line in !["service:", "port:", "ready:"].contains { line.contains("  \($0)") } }
                    .joined(separator: "\n")
                    .replacing(
                        "  compose_file: none",
                        with: "  url: \(url)\n  prometheus: \(try await address("prometheus", "9090"))")
                try laboratory.write("1.yaml", text)
                let ending = try await laboratory.storelab(["run", "experiments", "--output", "output"])
                try await Engine.docker(compose + ["down", "--volumes", "--rmi", "local"])
                try await Engine.docker(["network", "rm", "labo04-network"])
                #expect(ending.code == 0, "\(ending.errors)")
                let report = try laboratory.read("report.md")
                try expectTrue(report)
                #expect(report.contains("Prometheus scraped the application every 5\u{A0}s"))
                #expect(
                    report.contains("Known messages of overload were looked for in the beginnings of failed answers."))
                try expectNoEnglish(try laboratory.read("rapport.md"))
            }
        }

        private static let asking =
            "import urllib.request as u; u.urlopen('http://127.0.0.1:5000/orders/reports/highest-spenders'); print('ok')"

        /// So that nothing of this machine is in the way.
        private static let ports = """
            services:
              store_manager: { ports: !override ["127.0.0.1::5000"] }
              mysql: { ports: !override ["127.0.0.1::3306"] }
              redis: { ports: !override ["127.0.0.1::6379"] }
              prometheus: { ports: !override ["127.0.0.1::9090"] }
            """

        /// What holds of the project, however it was measured.
        private func expectTrue(_ report: String) throws {
            let cause = try #require(report.split(separator: "\n").first { $0.contains("**First cause: ") })
            #expect(cause.contains("1040"), "\(cause)")
            #expect(report.contains("no longer at") && report.contains("| MySQL 1040: too many connections |"))
            #expect(
                report.contains("Prometheus counted the "),
                "\(report.matches(of: /.*Prometheus beside.*/).map(\.output))")
            for word in [
                "store-1", "of the store", "store’s", "a missing health", "MariaDB",
                "Best-sellers reports per second [",
            ] {
                #expect(!report.contains(word), "\(word)")
            }
        }

        private func expectNoEnglish(_ report: String) throws {
            var (isQuoted, own) = (false, "")
            for line in report.split(separator: "\n") {
                if line.hasPrefix("```") { isQuoted.toggle() } else if !isQuoted { own += line + "\n" }
            }
            own = own.replacing(/`[^`]*`/, with: "")
            for word in [" the ", " was ", " were ", " which ", " not ", " of ", " and "] {
                #expect(!own.contains(word), "\(own.split(separator: "\n").filter { $0.contains(word) })")
            }
        }
    }
}
