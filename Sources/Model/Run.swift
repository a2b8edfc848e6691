/// The version of StoreLab, as `--version` prints it and every record holds it.
package let storelabVersion = "0.2.0"

/// What a run is: written once at its start, before anything is measured.
package struct RunManifest: Codable, Sendable, Equatable {
    /// Version of the record's layout on disk.
    package var format: Int
    /// The run's folder name, for example `2026-11-23T10-15-00Z`.
    package var id: String
    package var version: String
    /// The commit of the checkout, with `+` where files were changed; nil outside a checkout.
    package var commit: String?
    package var began: UnixTime
    /// Every duration was shortened: the answers show that it works, not how much the store can handle.
    package var quick: Bool
    package var host: Host
    package var experiments: [Experiment]
    /// Which stack the experiments on the store had, and why; nil in records from before there was a choice.
    package var stackChoice: String?
    /// How often each experiment is measured; nil for once.
    package var repeats: Int?
    /// Whether the data of each measurement's Prometheus are kept beside its record; nil for no.
    package var keepsPrometheus: Bool?
    /// Whether the definitions stand here without secrets that the load needs; nil for no.
    package var hidesSecrets: Bool?

    package static let currentFormat = 1

    package init(
        id: String, version: String, commit: String?, began: UnixTime, quick: Bool, host: Host,
        experiments: [Experiment], stackChoice: String? = nil, repeats: Int? = nil,
        keepsPrometheus: Bool? = nil
    ) {
        self.keepsPrometheus = keepsPrometheus
        self.repeats = repeats
        self.stackChoice = stackChoice
        format = Self.currentFormat
        self.id = id
        self.version = version
        self.commit = commit
        self.began = began
        self.quick = quick
        self.host = host
        self.experiments = experiments
    }
}

package struct Host: Codable, Sendable, Equatable {
    /// Name and version, for example `Debian GNU/Linux 12 (bookworm)`.
    package var system: String
    package var kernel: String
    package var processor: String
    package var cores: Int
    /// In bytes.
    package var memory: Int
    /// Soft limit of open files.
    package var openFiles: Int

    package init(system: String, kernel: String, processor: String, cores: Int, memory: Int, openFiles: Int) {
        self.system = system
        self.kernel = kernel
        self.processor = processor
        self.cores = cores
        self.memory = memory
        self.openFiles = openFiles
    }
}

extension Measurement {
    /// The folders of its record below the experiment's.
    package var subfolders: [String] { Self.subfolders(variant: variant, repetition: repetition) }

    package static func subfolders(variant: String?, repetition: Int?) -> [String] {
        [variant, repetition.map { "repetition-\($0)" }].compactMap(\.self)
    }
}

/// One measurement with its samples, as read back from disk.
package struct RecordedMeasurement: Sendable, Equatable {
    package var measurement: Measurement
    package var samples: [SecondSample]
    /// Places of the record that are missing or cannot be read.
    package var faults: [String]

    package init(measurement: Measurement, samples: [SecondSample], faults: [String] = []) {
        self.faults = faults
        self.measurement = measurement
        self.samples = samples
    }
}

/// One experiment of a run: its definition and what was measured of each variant, in the order of its variants.
package struct RecordedExperiment: Sendable, Equatable {
    package var experiment: Experiment
    /// The record's folder relative to the run's, for example `02-mysql-limit`.
    package var folder: String
    /// Empty when it was not begun.
    package var measurements: [RecordedMeasurement]
    /// What was measured the second time, the third and so on.
    package var repetitions: [[RecordedMeasurement]]

    package init(
        experiment: Experiment, folder: String, measurements: [RecordedMeasurement],
        repetitions: [[RecordedMeasurement]] = []
    ) {
        self.repetitions = repetitions
        self.experiment = experiment
        self.folder = folder
        self.measurements = measurements
    }
}

/// A whole run as read back from disk: all that a report may be computed from.
package struct RecordedRun: Sendable, Equatable {
    package var manifest: RunManifest
    package var experiments: [RecordedExperiment]
    /// Places of the manifest that are missing or cannot be read.
    package var faults: [String]

    /// Experiments of the manifest whose definition cannot be read whole, by their name or their place there.
    package var unreadable: [String]

    package init(
        manifest: RunManifest, experiments: [RecordedExperiment], faults: [String] = [], unreadable: [String] = []
    ) {
        self.faults = faults
        self.unreadable = unreadable
        self.manifest = manifest
        self.experiments = experiments
    }

    /// Places of all files of the record that are missing or cannot be read, relative to the run's folder.
    package var allFaults: [String] {
        faults
            + experiments.flatMap { recorded in
                (recorded.measurements + recorded.repetitions.joined()).flatMap { one in
                    one.faults.map { ([recorded.folder] + one.measurement.subfolders + [$0]).joined(separator: "/") }
                }
            }
    }

    /// The run as if it had one experiment only.
    /// - Throws: `Problem` (usage) that names its experiments.
    package func reduced(toExperiment name: String) throws -> RecordedRun {
        var one = self
        one.experiments = experiments.filter { $0.experiment.name == name }
        guard one.experiments.isEmpty else { return one }
        throw Problem(
            .usage, "the run \(manifest.id) has no experiment \(name)",
            nextStep: "It has: \(experiments.map(\.experiment.name).joined(separator: ", ")).")
    }
}
