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
