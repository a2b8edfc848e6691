import Model
import Synchronization
import Threads

/// What the system has left for connections, looked at once a second.
final class MachineMeter: Sendable {
    private struct Fewest: Sendable {
        var descriptors: Int?
        var ports: Int?
    }

    private let ports: Int?
    private let room: Int?
    private let fewest = Mutex(Fewest())
    private let quota = Mutex(OwnCPUQuota())

    /// - Parameters:
    ///   - addresses: how many local addresses connections may come from.
    ///   - room: connections that all loops have descriptors for; nil where they share those of the process.
    init(addresses: Int, room: Int?) {
        self.room = room
        ports = LocalPorts.perAddress.map { $0 * addresses }
    }

    /// The sample with what is left now.
    func looked(_ sample: SecondSample) -> SecondSample {
        guard let connections = sample.generator?.connections else { return sample }
        var sample = sample
        let descriptors = room.map { max(0, $0 - connections) } ?? OpenFiles.left
        let left = ports.map { max(0, $0 - connections - LocalPorts.inTimeWait) }
        sample.generator?.descriptorsLeft = descriptors
        sample.generator?.portsLeft = left
        sample.generator?.quota = quota.withLock { $0.look(at: Clocks.now, used: Clocks.programCPU) }
        fewest.withLock { fewest in
            fewest.descriptors = [fewest.descriptors, descriptors].compactMap(\.self).min()
            fewest.ports = [fewest.ports, left].compactMap(\.self).min()
        }
        return sample
    }

    var fewestDescriptors: Int? { fewest.withLock { $0.descriptors } }
    var fewestPorts: Int? { fewest.withLock { $0.ports } }
}
