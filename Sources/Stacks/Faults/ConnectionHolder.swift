import Foundation
import Model
import Synchronization

/// Opens connections and keeps them, also when the other side closes some.
package protocol ConnectionHolder: Sendable {
    /// How many it has.
    var held: Int { get }
    /// Goes on until the task is cancelled; then it has none.
    func run() async
}

/// Connections while they are held.
struct HeldConnections: Sendable {
    private let holder: any ConnectionHolder
    private let task: Task<Void, Never>

    /// Beyond that a part that takes no more is what there is.
    private static let patience = Duration.seconds(2)

    init(_ holder: any ConnectionHolder) {
        self.holder = holder
        task = Task { await holder.run() }
    }

    /// - Returns: how many it has, once it has all of them or has tried for long enough.
    func settle(at wanted: Int) async -> Int {
        let deadline = ContinuousClock.now + Self.patience
        while holder.held < wanted, ContinuousClock.now < deadline {
            guard (try? await Task.sleep(for: .milliseconds(5))) != nil else { break }
        }
        return holder.held
    }

    func end() async {
        task.cancel()
        await task.value
    }
}

/// Idle TCP connections from this process: they end with it, however it ends.
final class IdleConnections: ConnectionHolder {
    private let door: HostAndPort
    private let wanted: Int
    private let count = Mutex(0)

    private static let pause = Duration.milliseconds(50)

    init(to door: HostAndPort, count: Int) {
        self.door = door
        wanted = count
    }

    var held: Int { count.withLock { $0 } }

    func run() async {
        var descriptors: [Int32] = []
        while !Task.isCancelled {
            descriptors = await refreshed(descriptors)
            let now = descriptors.count
            count.withLock { $0 = now }
            try? await Task.sleep(for: Self.pause)
        }
        descriptors.forEach { _ = close($0) }
        count.withLock { $0 = 0 }
    }

    /// Without those that the other side has closed, and with new ones in their place.
    private func refreshed(_ descriptors: [Int32]) async -> [Int32] {
        let (door, wanted) = (door, wanted)
        return await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                var open = descriptors.filter { descriptor in
                    guard Self.isClosed(descriptor) else { return true }
                    close(descriptor)
                    return false
                }
                guard let address = Dialled.addresses(of: door.host, port: door.port).first else {
                    return continuation.resume(returning: open)
                }
                // The first that is refused says that the next would be too.
                while open.count < wanted, let new = address.connected() { open.append(new) }
                continuation.resume(returning: open)
            }
        }
    }

    /// Whether its end was read. What else the other side says, such as a greeting, is left.
    private static func isClosed(_ descriptor: Int32) -> Bool {
        // `POLLRDHUP` (poll(2)), which the C library shows only to those who ask for extensions.
        var poll = pollfd(fd: descriptor, events: 0x2000, revents: 0)
        return Glibc.poll(&poll, 1, 0) > 0
    }
}

/// Connections of a program of ours, which prints `held 12` whenever their number changes and once a second. It ends with
/// this process, since nobody reads on then.
final class HoldingProgram: ConnectionHolder {
    private let command: Command
    private let count = Mutex(0)

    init(_ command: Command) { self.command = command }

    var held: Int { count.withLock { $0 } }

    func run() async {
        await command.follow { line in
            let words = line.split(whereSeparator: \.isWhitespace)
            if words.first == "held", words.count > 1, let number = Int(words[1]) {
                self.count.withLock { $0 = number }
            }
        }
        count.withLock { $0 = 0 }
    }
}
