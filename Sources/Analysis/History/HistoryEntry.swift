package import Model

/// One run's part in the history of an experiment, with all that tells whether it may be set beside another run's.
package struct HistoryEntry: Sendable {
    package var run: String
    package var began: UnixTime
    package var experiment: String
    /// nil where the experiment has one variant.
    package var variant: String?
    package var title: LocalizedText
    package var reading: HistoryReading
    /// As the record names it; nil where nothing was measured.
    package var stackKind: String?
    package var host: Host
    package var quick: Bool
    /// Of the definition, by their places.
    let settings: [String: String]
    /// What else was so, by its place: versions, commit, machine.
    let circumstances: [String: String]

    /// What a run says of its experiments, one entry per variant.
    /// - Parameter experiment: its name; nil for all.
    package static func all(of run: RecordedRun, experiment: String?) -> [HistoryEntry] {
        run.experiments.filter { experiment == nil || $0.experiment.name == experiment }.flatMap { recorded in
            let definition = recorded.experiment
            let circumstances = run.facts.merging(recorded.circumstances(on: run.manifest.host)) { $1 }
            return definition.variants.map { variant in
                let measured = recorded.allMeasurements.filter { $0.measurement.variant == variant.name }
                return HistoryEntry(
                    run: run.manifest.id, began: run.manifest.began, experiment: definition.name,
                    variant: definition.variants.count > 1 ? variant.name : nil, title: definition.title,
                    reading: HistoryReading(measured, of: definition),
                    stackKind: measured.map(\.measurement.stackKind).first { $0 != "unknown" }, host: run.manifest.host,
                    quick: run.manifest.quick, settings: definition.settings, circumstances: circumstances)
            }
        }
    }

    /// What has to be the same for two runs to be of one series.
    struct Series: Hashable {
        var stackKind: String
        var quick: Bool
        var processor: String
        var cores: Int
        /// In GiB: of the same machine, the kernel does not always leave the same bytes.
        var memory: Int
        var settings: [String: String]
    }

    /// nil where nothing was measured: then nothing is compared.
    var series: Series? {
        guard let stackKind else { return nil }
        // Which random numbers a load draws decides nothing that is followed.
        let settings = settings.filter { $0.key != "load.seed" }
        return Series(
            stackKind: stackKind, quick: quick, processor: host.processor, cores: host.cores,
            memory: Int((Double(host.memory) / 1_073_741_824).rounded()), settings: settings)
    }

    /// What was set otherwise in this run than in another, settings first.
    func differences(from other: HistoryEntry) -> [RecordDifference] {
        RecordDifference.settings(other.settings, settings, of: experiment)
            + RecordDifference.between(other.circumstances, circumstances, of: nil)
    }
}
