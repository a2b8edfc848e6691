package import Model

/// How near the stack's parts were to their limits on a plateau, as far as CPU use was recorded.
package struct Saturation: Sendable, Equatable {
    /// One part of the stack, the generator or the whole machine.
    package struct Part: Sendable, Equatable {
        package var name: String
        /// Mean over the plateau, in cores.
        package var cores: Double
        /// Cores it may use: its CPU limit or the machine's cores; nil when not known.
        package var available: Double?
        /// Cores used as a share of those it may use.
        package var share: Share? { available.flatMap { $0 > 0 ? cores / $0 : nil } }
    }

    /// In the order of the components, then `generator` and `machine`.
    package var parts: [Part]
    /// The busiest second of the generator's busiest thread over the whole load; nil when not measured.
    package var generatorPeak: Share?

    /// Cores that the machine used beyond the stack and the generator: the kernel and other programs; nil when not known.
    package var rest: Double? {
        guard let machine = parts.last, machine.name == "machine", parts.count > 1 else { return nil }
        return max(0, machine.cores - parts.dropLast().reduce(0) { $0 + $1.cores })
    }

    /// The application ran already and its processes were not found: what it used here, if it ran here, is in `rest`.
    package var restHoldsTarget: Bool

    /// A tenth of the machine or more went to something else. Where no part of the application could be read, it may be among
    /// the rest.
    package var isDisturbed: Bool {
        guard restHoldsTarget || parts.dropLast().contains(where: { $0.name != Signal.generator }), let rest,
            let available = parts.last?.available, available > 0
        else { return false }
        return rest >= available / 10
    }

    package var isGeneratorLimited: Bool { generatorPeak.map { $0 > generatorCapacity } ?? false }

    /// - Parameter seconds: the plateau, in seconds of the load.
    package init(_ measurement: Measurement, seconds: Range<Int>, host: Host) {
        let inside = measurement.usage.filter { Signal.isReading(at: $0.time, of: seconds) }
        let limits = Dictionary(
            measurement.components.map { ($0.name, $0.cpuLimit?.cores) }, uniquingKeysWith: { first, _ in first })
        let names = measurement.components.map(\.name) + ["generator", "machine"]
        parts = names.compactMap { name in
            let values = inside.compactMap { $0.cores[name] }
            guard !values.isEmpty else { return nil }
            let machine = name == "machine" ? Double(host.cores) : nil
            return Part(
                name: name, cores: values.reduce(0, +) / Double(values.count),
                available: machine ?? limits[name].flatMap(\.self))
        }
        generatorPeak = measurement.generator?.peakThreadCPU
        restHoldsTarget = measurement.stackKind == "url" && measurement.components.isEmpty
    }
}

/// From this share of its limit on, a part of the stack counts as near it.
package let saturationLimit: Share = 0.9
