import Model
import Synchronization

/// What the system has left for connections, looked at once a second.
final class MachineMeter: Sendable {
    private struct Fewest: Sendable {
        var descriptors: Int?
        var ports: Int?
    }

    private let ports: Int?
    private let fewest = Mutex(Fewest())

    /// - Parameter addresses: how many local addresses connections may come from.
    init(addresses: Int) {
        ports = SystemLimits.portsPerAddress.map { $0 * addresses }
    }

    /// The sample with what is left now.
    func looked(_ sample: SecondSample) -> SecondSample {
        guard let connections = sample.generator?.connections else { return sample }
        var sample = sample
        let descriptors = SystemLimits.descriptorsLeft
        let left = ports.map { max(0, $0 - connections - SystemLimits.portsInTimeWait) }
        sample.generator?.descriptorsLeft = descriptors
        sample.generator?.portsLeft = left
        fewest.withLock { fewest in
            fewest.descriptors = [fewest.descriptors, descriptors].compactMap(\.self).min()
            fewest.ports = [fewest.ports, left].compactMap(\.self).min()
        }
        return sample
    }

    var fewestDescriptors: Int? { fewest.withLock { $0.descriptors } }
    var fewestPorts: Int? { fewest.withLock { $0.ports } }
}
