import Foundation
import Model

/// CPU of this program and of the whole machine, to set beside the stack's.
package enum MachineUsage {
    /// CPU seconds of this process since it began, and its resident memory.
    package static func ownProcess() -> ComponentUsage? {
        ProcessTable.entry(getpid()).map {
            ComponentUsage(
                cpuSeconds: Double($0.ticks) / ProcessTable.ticksPerSecond, memory: $0.pages * ProcessTable.pageSize)
        }
    }

    /// Tasks that run or could run, without the one that asks, per processor; nil where the system does not say.
    package static func runnablePerCore() -> Double? { ProcessTable.runnableTasks().map { max(0, $0 - 1) / cores } }

    private static let cores = Double(max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))))

    /// CPU seconds that all processors were busy since the machine started.
    package static func busySeconds() -> Double? { ProcessTable.machineBusySeconds() }

    /// Posts how much of the machine others had: the host of a virtual machine (steal), and those who made work wait.
    package static func post(to board: SignalBoard, at time: ContinuousClock.Instant) {
        let counters: [(SignalKind, Double?)] = [
            (.steal, ProcessTable.stolenSeconds()), (.pressureCPU, Pressure.seconds(of: .cpu)),
            (.pressureIO, Pressure.seconds(of: .io)), (.pressureMemory, Pressure.seconds(of: .memory)),
        ]
        for (kind, count) in counters {
            if let count { board.post(kind, of: "machine", .counter(count), at: time) }
        }
    }
}

/// Whether CPU limits can be enforced here.
package enum CPULimits {
    /// For a person: how they are enforced, or that they are not.
    package static var described: String {
        guard let root = CPUGroup.root() else { return "not enforced: no CPU control groups" }
        return access(root.path, W_OK) == 0
            ? "enforced by \(root.version.rawValue)" : "not enforced: \(root.path) cannot be written by this user"
    }
}
