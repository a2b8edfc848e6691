import Model

extension GeneratorReport {
    /// What several generators say of one load, or one of it in parts.
    static func merged(_ reports: [GeneratorReport]) -> GeneratorReport {
        GeneratorReport(
            threads: reports.reduce(0) { $0 + $1.threads }, cpuSeconds: reports.reduce(0) { $0 + $1.cpuSeconds },
            seconds: reports.map(\.seconds).max() ?? 0, peakThreadCPU: reports.map(\.peakThreadCPU).max() ?? 0,
            lag: .merged(reports.map(\.lag)), loops: reports.flatMap(\.loops), due: reports.reduce(0) { $0 + $1.due },
            sent: reports.reduce(0) { $0 + $1.sent },
            fewestDescriptorsLeft: reports.compactMap(\.fewestDescriptorsLeft).min(),
            fewestPortsLeft: reports.compactMap(\.fewestPortsLeft).min(),
            address: reports.lazy.compactMap(\.address).first,
            lastEnded: reports.compactMap(\.lastEnded).max())
    }
}
