import Foundation
import Model
import Subprocess
import SystemPackage

/// Watches a stack's parts where they are reached, once a second.
struct StackWatch: Sendable {
    /// Runs `store watch`, whose lines say how the databases do; nil where they are not reached.
    var databases: Configuration?
    var lines: DatabaseLines
    /// Nginx's component, its port on this machine and its configuration; nil without one.
    var balancer: (name: String, port: Int, configuration: String)?
    var errorLog: ErrorLog?
    /// Folders of control groups by component.
    var groups: [String: String]

    enum ErrorLog: Sendable {
        case file(String)
        /// A program that goes on printing it.
        case program(Configuration)
    }

    /// Goes on until the task is cancelled.
    func run(_ board: SignalBoard) async {
        let errors = balancer.map { NginxErrors(component: $0.name) }
        await withTaskGroup(of: Void.self) { group in
            if let databases {
                group.addTask { await Self.follow(databases) { lines.take($0, to: board) } }
            }
            if case .program(let configuration)? = errorLog, let errors {
                group.addTask { await Self.follow(configuration) { errors.take($0) } }
            }
            group.addTask { await everySecond(board, errors) }
        }
    }

    private func everySecond(_ board: SignalBoard, _ errors: NginxErrors?) async {
        var tail: LogTail?
        if case .file(let path)? = errorLog { tail = LogTail(path: path) }
        var throttling = ThrottlingWatch()
        if let balancer, let most = NginxStatus.mostConnections(configuration: balancer.configuration) {
            board.setLimit(most, .nginxConnections, of: balancer.name)
        }
        while true {
            if let balancer { await Self.status(port: balancer.port)?.post(to: board, component: balancer.name) }
            if let errors {
                tail?.newLines { errors.take($0) }
                errors.post(to: board)
            }
            throttling.look(at: groups, board: board)
            guard (try? await Task.sleep(for: .seconds(1))) != nil else { return }
        }
    }

    private static func status(port: Int) async -> NginxStatus? {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(returning: NginxStatus.read(port: port)) }
        }
    }

    /// Begins a program that ended before its time again after a second.
    private static func follow(_ configuration: Configuration, _ take: @Sendable @escaping (String) -> Void) async {
        repeat {
            _ = try? await Subprocess.run(configuration, input: .none, output: .sequence, error: .discarded) {
                execution in
                for try await line in execution.standardOutput.strings() { take(line) }
            }
        } while (try? await Task.sleep(for: .seconds(1))) != nil
    }
}

extension Configuration {
    /// A program that is killed with its group when its task is cancelled.
    static func watcher(_ executable: String, _ arguments: [String], environment: [String: String]) -> Configuration {
        var options = PlatformOptions()
        options.createSession = true
        options.teardownSequence = [
            .send(signal: .kill, toProcessGroup: true, allowedDurationToNextStep: .milliseconds(100))
        ]
        let added = environment.map { (Environment.Key(stringLiteral: $0.key), Optional($0.value)) }
        return Configuration(
            executable: .path(FilePath(executable)), arguments: Arguments(arguments),
            environment: .inherit.updating(Dictionary(added) { first, _ in first }), platformOptions: options)
    }
}
