/// The kernel's pressure stall information (Linux kernel, `accounting/psi.rst`).
package enum Pressure {
    package enum Resource: String, Sendable {
        case cpu, io, memory
    }

    /// Seconds since the machine started in which at least one task waited for the resource; nil where the kernel does not
    /// say.
    static func seconds(of resource: Resource) -> Double? {
        ProcessTable.read("/proc/pressure/\(resource.rawValue)").flatMap(parse)
    }

    /// The line looks like `some avg10=0.00 avg60=0.00 avg300=0.00 total=12345`, in microseconds.
    package static func parse(_ text: String) -> Double? {
        text.split(separator: "\n").first { $0.hasPrefix("some ") }?
            .split(separator: " ").first { $0.hasPrefix("total=") }
            .flatMap { Double($0.dropFirst("total=".count)) }.map { $0 / 1_000_000 }
    }
}
