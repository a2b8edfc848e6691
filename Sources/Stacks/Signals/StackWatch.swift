import Foundation
import Model

/// Watches a stack's parts where they are reached, once a second.
struct StackWatch: Sendable {
    /// Runs `store watch`, whose lines say how the databases do; nil where they are not reached.
    var databases: Command?
    var lines: DatabaseLines
    /// Nginx's component, where it is reached and its configuration; nil without one.
    var balancer: (name: String, place: HostAndPort, configuration: String)?
    var errorLog: ErrorLog?
    /// Folders of control groups by component.
    var groups: [String: String]

    enum ErrorLog: Sendable {
        case file(String)
        /// A program that goes on printing it.
        case program(Command)
    }

    /// Goes on until the task is cancelled.
    func run(_ board: SignalBoard) async {
        let errors = balancer.map { NginxErrors(component: $0.name) }
        await withTaskGroup(of: Void.self) { group in
            if let databases {
                group.addTask { await Self.follow(databases) { lines.take($0, to: board) } }
            }
            if case .program(let command)? = errorLog, let errors {
                group.addTask { await Self.follow(command) { errors.take($0) } }
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
            if let balancer { await Self.status(balancer.place)?.post(to: board, component: balancer.name) }
            if let errors {
                tail?.newLines { errors.take($0) }
                errors.post(to: board)
            }
            throttling.look(at: groups, board: board)
            guard (try? await Task.sleep(for: .seconds(1))) != nil else { return }
        }
    }

    private static func status(_ place: HostAndPort) async -> NginxStatus? {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(returning: NginxStatus.read(host: place.host, port: place.port))
            }
        }
    }

    /// Begins a program that ended before its time again after a second.
    private static func follow(_ command: Command, _ take: @Sendable @escaping (String) -> Void) async {
        repeat {
            await command.follow { take($0) }
        } while (try? await Task.sleep(for: .seconds(1))) != nil
    }
}
