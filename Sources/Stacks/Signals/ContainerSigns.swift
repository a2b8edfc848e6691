import Foundation
package import Model
import Subprocess
import Synchronization

/// Reads what containers wrote into their logs during the load, after it: nothing of it runs while the load does.
package struct ContainerSigns: Sendable {
    private let docker: Docker
    private let components: [(id: String, name: String)]

    /// - Parameter components: the container's id and the component's name.
    package init(docker: Docker, components: [(id: String, name: String)]) {
        self.docker = docker
        self.components = components
    }

    /// All logs together; what is longer is read as far as that.
    private static let limit = Duration.seconds(20)

    private struct Part: Sendable {
        var name: String
        var series: [SignSeries]
        var end: End
    }

    /// How the reading of a log came to its end.
    private enum End: Sendable {
        case whole, outOfTime
        /// The engine cannot give it back, as its logging driver says.
        case refused
    }

    package func read(_ window: LoadWindow) async -> SignRecord {
        let parts = await withTaskGroup(of: Part.self) { group in
            for component in components {
                group.addTask { await read(component.id, component.name, window) }
            }
            return await group.reduce(into: [Part]()) { $0.append($1) }
        }.sorted { $0.name < $1.name }
        return SignRecord(
            series: parts.flatMap(\.series), read: parts.filter { $0.end != .refused }.map(\.name),
            cut: parts.filter { $0.end == .outOfTime }.map(\.name))
    }

    private func read(_ id: String, _ name: String, _ window: LoadWindow) async -> Part {
        let found = Found()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await follow(id, name, window, into: found) }
            group.addTask { try? await Task.sleep(for: Self.limit) }
            await group.next()
            group.cancelAll()
        }
        let (series, end) = found.current
        return Part(name: name, series: series, end: end)
    }

    /// What was found so far.
    private final class Found: Sendable {
        private let state = Mutex((series: [SignSeries](), end: End.outOfTime))

        var current: (series: [SignSeries], end: End) { state.withLock { $0 } }

        func set(_ series: [SignSeries]) { state.withLock { $0.series = series } }

        func end(_ end: End) { state.withLock { $0.end = end } }
    }

    private func follow(_ id: String, _ name: String, _ window: LoadWindow, into found: Found) async {
        let configuration = command(id, window).configuration(endedBy: .kill, grace: .milliseconds(100))
        let result = try? await Subprocess.run(configuration, input: .none, output: .sequence, error: .discarded) {
            execution in
            var signs = LogSigns(component: name) { line, _ in LineTime.read(line).flatMap(window.second) }
            defer {
                signs.finish()
                found.set(signs.series)
            }
            for try await part in execution.standardOutput { part.withUnsafeBytes { signs.read($0) } }
        }
        guard let result, !Task.isCancelled else { return }
        found.end(result.terminationStatus.isSuccess ? .whole : .refused)
    }

    /// Both of a container's streams, as one.
    private func command(_ id: String, _ window: LoadWindow) -> Command {
        Command(
            "/bin/sh",
            [
                "-c", "exec \"$0\" logs --timestamps --since \"$1\" --until \"$2\" \"$3\" 2>&1", docker.executable,
                Self.text(window.began), Self.text(window.ended), id,
            ], environment: docker.environment)
    }

    /// As Docker takes an instant: seconds since 1970 with a fraction.
    private static func text(_ time: UnixTime) -> String {
        let thousandths = Int((time * 1000).rounded())
        let rest = String(thousandths % 1000)
        return "\(thousandths / 1000)." + String(repeating: "0", count: 3 - rest.count) + rest
    }
}
