import Foundation

/// CPU of this program and of the whole machine, to set beside the stack's.
package enum MachineUsage {
    /// CPU seconds of this process since it began, and its resident memory.
    package static func ownProcess() -> ComponentUsage? {
        ProcessTable.entry(getpid()).map {
            ComponentUsage(
                cpuSeconds: Double($0.ticks) / ProcessTable.ticksPerSecond, memory: $0.pages * ProcessTable.pageSize)
        }
    }

    /// CPU seconds that all processors were busy since the machine started.
    package static func busySeconds() -> Double? { ProcessTable.machineBusySeconds() }
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
