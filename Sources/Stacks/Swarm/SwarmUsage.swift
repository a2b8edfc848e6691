import Foundation
import Model
import Synchronization

/// CPU and memory of containers on other machines, as their engines tell them; all of a node over one connection that Docker's
/// command line makes (`docker system dial-stdio`), by whichever way it reaches the engine. The engines are asked four times a
/// second, but their answers have been seen to come several seconds' worth at a time: some seconds then show no CPU, and the
/// one after them that of all.
package final class SwarmUsage: Sendable {
    private let engines: [(docker: Docker, containers: [String])]
    private let latest = Mutex<[String: ComponentUsage]>([:])

    /// - Parameter engines: each with the ids of its containers.
    package init(_ engines: [(docker: Docker, containers: [String])]) { self.engines = engines }

    /// By the container's id; those that were not told yet, or are gone, are left out.
    package var current: [String: ComponentUsage] { latest.withLock { $0 } }

    /// Goes on until the task is cancelled.
    package func run() async {
        await withTaskGroup(of: Void.self) { group in
            for (docker, containers) in engines where !containers.isEmpty {
                group.addTask {
                    repeat {
                        await Self.command(docker, containers).follow { self.take($0) }
                    } while (try? await Task.sleep(for: .seconds(1))) != nil
                }
            }
        }
    }

    /// Asks for one count of each container, again and again (Docker Engine API 1.41, `GET /containers/{id}/stats`). The answers
    /// come one after the other, each with a body of one line.
    package static func command(_ docker: Docker, _ containers: [String]) -> Command {
        let script = """
            docker=$0
            while :; do
                for id; do
                    printf 'GET /v1.41/containers/%s/stats?stream=false&one-shot=true HTTP/1.1\\r\\nHost: docker\\r\\n\\r\\n' "$id"
                done || exit
                sleep 0.25
            done | exec "$docker" system dial-stdio
            """
        return Command("/bin/sh", ["-c", script, docker.executable] + containers, environment: docker.environment)
    }

    private struct Answer: Decodable {
        struct Processor: Decodable {
            struct Usage: Decodable {
                /// Nanoseconds.
                var total: Double

                enum CodingKeys: String, CodingKey { case total = "total_usage" }
            }

            var usage: Usage

            enum CodingKeys: String, CodingKey { case usage = "cpu_usage" }
        }

        struct Memory: Decodable {
            var usage: Double?
            var details: [String: Double]?

            enum CodingKeys: String, CodingKey { case usage, details = "stats" }
        }

        var id: String
        var processor: Processor
        var memory: Memory?

        enum CodingKeys: String, CodingKey { case id, processor = "cpu_stats", memory = "memory_stats" }
    }

    /// One line of what an engine says; headers and complaints are passed over.
    package func take(_ line: String) {
        guard line.hasPrefix("{"), let answer = try? JSONDecoder().decode(Answer.self, from: Data(line.utf8)) else {
            return
        }
        latest.withLock { latest in
            // One that has ended has no memory any more.
            guard let used = answer.memory?.usage else {
                latest[answer.id] = nil
                return
            }
            let cached = answer.memory?.details?["total_inactive_file"] ?? answer.memory?.details?["inactive_file"] ?? 0
            latest[answer.id] = ComponentUsage(
                cpuSeconds: answer.processor.usage.total / 1e9, memory: Int(max(0, used - cached)))
        }
    }
}
