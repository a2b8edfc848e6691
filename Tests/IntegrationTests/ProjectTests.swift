import Foundation
import TestSupport
import Testing

extension OnRealServers {
    /// Compose projects of somebody's own, each of another make. Their Python is the first process of its container, which
    /// SIGTERM does not end: it would be waited for.
    @Suite(.serialized, .enabled(if: Engine.isPresent, "skipped: \(Engine.absence)"))
    struct ProjectTests {
        /// A web server in Python.
        /// - Parameters:
        ///   - start: statements that it runs first, with `\n` between them.
        ///   - answer: what it does for `GET /`, before it answers with an empty list.
        private static func server(start: String, answer: String = "None") -> String {
            [
                "import os, sys, time, http.server as h", start,
                "H = type('H', (h.BaseHTTPRequestHandler,), dict(do_GET=lambda s: (s.path == '/' and \(answer), "
                    + "s.send_response(200), s.send_header('Content-Length', '2'), s.end_headers(), s.wfile.write(b'[]')), "
                    + "protocol_version='HTTP/1.1', log_message=lambda *a: None))",
                "h.ThreadingHTTPServer(('', 5000), H).serve_forever()",
            ].joined(separator: "\\n")
        }

        private static let steps = "find_limit: { from: 2, to: 8, factor: 2, hold: 3s, precision: 100% }"

        /// One plateau, where a single start of the project shows what is to be seen.
        private static let plateau = search("").replacing(
            steps, with: "ramp: [{ users: 5, spawn_rate: 20/s, hold: 2s }]")

        private static func search(_ stack: String) -> String {
            """
            name: own
            title: "own"
            stack:
              compose_file: ../project/compose.yaml
              service: web
              port: 5000
              ready: /ready
            \(stack)
            load:
              tasks:
                - { name: all, get: /, expect: { status: 200, is: list } }
              think_time: 100ms..300ms
              \(steps)
              timeout: 2s
            limits: ["error_rate > 0% for 1s"]
            """
        }

        private func write(_ name: String, _ text: String, _ laboratory: Laboratory) throws {
            let folder = laboratory.folder + "/project"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
        }

        private func started(_ laboratory: Laboratory) throws -> [Substring] {
            try laboratory.read("01-own/logs/web-1.log").split(separator: "\n").filter { $0.hasPrefix("begins with") }
        }

        @Test func whatComposeTakesBesideItsFileIsTaken() async throws {
            try await Laboratory.onEngine { laboratory in
                try write(
                    "compose.yaml",
                    """
                    include: [web.yaml]
                    services:
                      extra: { image: "redis:7", profiles: [measured], entrypoint: ["/bin/sleep", "600"] }

                    """, laboratory)
                try write(
                    "web.yaml",
                    """
                    services:
                      web:
                        image: python:3.11-slim
                        stop_signal: SIGKILL
                        entrypoint: ["python3", "-c", "\(Self.server(start: "assert os.environ['FROM'] == 'override'"))"]

                    """, laboratory)
                try write(
                    "compose.override.yaml", "services: { web: { environment: { FROM: override } } }\n", laboratory)
                try write(".env", "COMPOSE_PROFILES=measured\n", laboratory)
                try laboratory.write("1.yaml", Self.plateau)
                let ending = try await laboratory.storelab(["run", "experiments", "--output", "output"])
                #expect(ending.code == 0, "\(ending.errors)")
                let components = try #require(try laboratory.record("01-own")["components"] as? [[String: Any]])
                #expect(components.contains { $0["name"] as? String == "extra" })
                #expect(try laboratory.read("01-own/stack/compose.override.yaml").contains("FROM: override"))
            }
        }

        @Test func aStepBeginsWhenEveryReplicaAnswers() async throws {
            // Of two that start at the same time, one takes three seconds longer.
            let start =
                "try:\\n  os.mkdir('/turns/taken')\\nexcept FileExistsError:\\n  time.sleep(3)\\n  os.rmdir('/turns/taken')"
            try await Laboratory.onEngine { laboratory in
                try write(
                    "compose.yaml",
                    """
                    services:
                      web:
                        image: python:3.11-slim
                        stop_signal: SIGKILL
                        volumes: ["turns:/turns"]
                        entrypoint: ["python3", "-c", "\(Self.server(start: start))"]
                    volumes: { turns: {} }

                    """, laboratory)
                try laboratory.write("1.yaml", Self.search("  replicas: 2\n  balancer: round_robin"))
                let ending = try await laboratory.storelab(["run", "experiments", "--output", "output"])
                #expect(ending.code == 0, "\(ending.errors)")
                let record = try laboratory.record("01-own")
                #expect((record["failures"] as? [Any])?.isEmpty == true, "\(record["failures"] ?? "")")
                #expect((record["steps"] as? [[String: Any]])?.last?["users"] as? Int == 8)
                #expect((record["restorations"] as? [String: Any])?["count"] as? Int ?? 0 >= 2)
            }
        }

        /// It says at each start how many answers Redis has counted.
        private static let counting = """
            services:
              web:
                image: python:3.11-slim
                stop_signal: SIGKILL
                depends_on: [db]
                entrypoint: ["python3", "-c", "\(server(
                    start: "import redis\\nr = redis.Redis('db')\\nfor t in range(50):\\n  try:\\n    r.ping(); break\\n"
                        + "  except Exception: time.sleep(0.1)\\nprint('begins with', r.get('n'), flush=True)",
                    answer: "r.incr('n')"))"]
              db:
                image: redis:7
                entrypoint: ["/usr/bin/redis-server", "--bind", "0.0.0.0", "--protected-mode", "no", "--appendonly", "yes", "--dir", "/data"]
                volumes: ["data:/data"]
            volumes: { data: {} }

            """

        @Test func volumesAreCopiedBackBetweenTheSteps() async throws {
            try await Laboratory.onEngine { laboratory in
                try write("compose.yaml", Self.counting, laboratory)
                try laboratory.write("1.yaml", Self.search("  restore: volumes"))
                let ending = try await laboratory.storelab(["run", "experiments", "--output", "output"])
                #expect(ending.code == 0, "\(ending.errors)")
                // The first start, the one after the copy, and one before each further step.
                let started = try started(laboratory)
                #expect(started.count >= 4 && started.allSatisfy { $0 == "begins with None" }, "\(started)")
                #expect(try laboratory.read("report.md").contains("the project's volumes are copied back"))
            }
        }

        @Test func aCommandBringsTheDataBackBetweenTheSteps() async throws {
            try await Laboratory.onEngine { laboratory in
                try write("compose.yaml", Self.counting, laboratory)
                try laboratory.write(
                    "1.yaml", Self.search("  restore: { service: db, command: \"redis-cli set n 7 && echo done\" }"))
                let ending = try await laboratory.storelab(["run", "experiments", "--output", "output"])
                #expect(ending.code == 0, "\(ending.errors)")
                let started = try started(laboratory)
                #expect(started.count >= 3 && started.first == "begins with None", "\(started)")
                #expect(started.dropFirst().allSatisfy { $0 == "begins with b'7'" }, "\(started)")
            }
        }

        @Test func aProjectWhoseDatabaseIsLateIsTriedAgain() async throws {
            // It works after so many tries: more at the first start, where those before the load see it.
            let start =
                "left = [None] * (2 if os.path.exists('/tmp/started') else 6)\\nopen('/tmp/started', 'w').close()"
            let late = Self.server(start: start).replacing(
                "s.send_response(200)",
                with: "s.send_response(500 if s.path != '/ready' and left and not left.pop() else 200)")
            try await Laboratory.onEngine { laboratory in
                try write(
                    "compose.yaml",
                    """
                    services:
                      web:
                        image: python:3.11-slim
                        stop_signal: SIGKILL
                        entrypoint: ["python3", "-c", "\(late)"]

                    """, laboratory)
                try laboratory.write("1.yaml", Self.search(""))
                let ending = try await laboratory.storelab(["run", "experiments", "--output", "output"])
                #expect(ending.code == 0, "\(ending.errors)")
                #expect(ending.errors.contains("/ready answers, and the task all does not yet"), "\(ending.errors)")
                // It is late again after each restart between steps.
                let steps = try #require(try laboratory.record("01-own")["steps"] as? [[String: Any]])
                #expect(
                    steps.count >= 3 && steps.allSatisfy { $0["passed"] as? Bool == true && $0["unrecovered"] == nil })
            }
        }

        @Test(.long) func aSlowHealthCheckIsWaitedForAsLongAsItSays() async throws {
            try await Laboratory.onEngine { laboratory in
                try write(
                    "compose.yaml",
                    """
                    services:
                      web:
                        image: python:3.11-slim
                        stop_signal: SIGKILL
                        entrypoint: ["python3", "-c", "\(Self.server(start: "pass"))"]
                        healthcheck: { test: ["CMD", "true"], interval: 70s }

                    """, laboratory)
                try laboratory.write("1.yaml", Self.plateau)
                let ending = try await laboratory.storelab(["run", "experiments", "--output", "output"])
                #expect(ending.code == 0, "\(ending.errors)")
                #expect(ending.errors.contains("storelab: waiting until healthy: web-1 ("), "\(ending.errors)")
            }
        }

        @Test func aServiceThatEndsIsNotWaitedFor() async throws {
            try await Laboratory.onEngine { laboratory in
                try write(
                    "compose.yaml",
                    """
                    services:
                      web:
                        image: python:3.11-slim
                        stop_signal: SIGKILL
                        entrypoint: ["python3", "-c", "raise SystemExit('no such table: products')"]

                    """, laboratory)
                try laboratory.write("1.yaml", Self.search(""))
                let began = ContinuousClock.now
                let ending = try await laboratory.storelab(["run", "experiments", "--output", "output"])
                #expect(ending.code == 1 && ending.errors.contains("the container web-1 exited with code 1"))
                #expect(ending.errors.contains("no such table: products"), "\(ending.errors)")
                // What waits for it in vain takes a minute.
                #expect(ContinuousClock.now - began < .seconds(55))
            }
        }

        @Test func aBuildThatFailsShowsWhatItsToolSaid() async throws {
            try await Laboratory.onEngine { laboratory in
                try write("Dockerfile", "FROM redis:7\nRUN echo 'ERROR: no version of flsk' && cat /none\n", laboratory)
                try write("compose.yaml", "services: { web: { build: . } }\n", laboratory)
                try laboratory.write("1.yaml", Self.search(""))
                let ending = try await laboratory.storelab(["run", "experiments", "--output", "output"])
                #expect(ending.code == 1 && ending.errors.contains("ERROR: no version of flsk"), "\(ending.errors)")
            }
        }
    }
}
