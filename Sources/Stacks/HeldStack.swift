import Foundation
import Model

/// A stack that was left running, to be looked at by hand. A process of its own holds it; its workspace says where it is.
package enum HeldStack {
    private static let run = "held"
    private static let fileName = "addresses.json"

    /// The lab's address of Prometheus, where nobody else has it.
    package static var prometheusPort: Int? { LoopbackPort.isFree(9090) ? 9090 : nil }

    package struct Facts: Codable, Sendable, Equatable {
        package struct Line: Codable, Sendable, Equatable {
            package var name: String
            package var address: String
        }

        package var lines: [Line]

        package init(_ running: any RunningStack, reason: String?) {
            lines = [Line(name: "store", address: "http://\(running.endpoint.address)")]
            if let prometheus = running.prometheus { lines.append(Line(name: "prometheus", address: prometheus)) }
            lines += running.components.filter { $0.role != .prometheus }.map {
                Line(name: $0.name, address: $0.published ?? $0.address)
            }
            if let reason { lines.append(Line(name: "stack", address: reason)) }
        }

        package var text: String {
            let width = lines.map(\.name.count).max() ?? 0
            return lines.map { $0.name.padding(toLength: width + 2, withPad: " ", startingAt: 0) + $0.address }
                .joined(separator: "\n")
        }

        package func write(into workspace: Workspace) throws {
            try JSONEncoder().encode(self)
                .write(to: URL(fileURLWithPath: "\(workspace.path)/\(fileName)"), options: .atomic)
        }
    }

    package static func workspace() throws -> Workspace { try Workspace(run: run) }

    /// What the holder with this process id says; nil until its stack is up.
    package static func facts(pid: Int32) -> Facts? {
        FileManager.default.contents(atPath: "\(Workspace.root)/\(run)-\(pid)/\(fileName)")
            .flatMap { try? JSONDecoder().decode(Facts.self, from: $0) }
    }

    /// Ends all holders of this user and waits until their stacks are gone.
    /// - Returns: how many there were.
    /// - Throws: `Problem` when one does not end.
    package static func stopAll() async throws -> Int {
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: Workspace.root)) ?? [])
            .filter { $0.hasPrefix(run + "-") }
        var stopped = 0
        for name in names {
            guard let pid = Int32(name.dropFirst(run.count + 1)) else { continue }
            // Nobody holds the ledger of one that was killed: `clean` is for that.
            guard try Ledger(workspace: "\(Workspace.root)/\(name)") == nil else { continue }
            kill(pid, SIGTERM)
            stopped += 1
            let deadline = ContinuousClock.now + .seconds(60)
            while FileManager.default.fileExists(atPath: "\(Workspace.root)/\(name)") {
                guard ContinuousClock.now < deadline else {
                    throw Problem(
                        .machine, "the process \(pid) that holds a stack does not end",
                        nextStep: "kill -9 \(pid), then ./storelab clean")
                }
                try await Task.sleep(for: .milliseconds(50))
            }
        }
        if stopped < names.count { _ = try await Leftovers.clean() }
        return names.count
    }
}
