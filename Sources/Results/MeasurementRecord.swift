import Foundation
package import Model
import Threads

/// The files of one measurement: samples as they come, then the record, with the logs and the deployed configuration beside.
///
/// When it has ended, the samples and the record are compressed: `samples.jsonl.gz` and `record.json.gz` hold what
/// `samples.jsonl` and `record.json` did, by which name places in them go on being called.
package struct MeasurementRecord: Sendable {
    /// Absolute path.
    package let path: String
    private let samples: LineFile

    /// Begins the record anew; what an earlier, incomplete try left there is removed.
    package init(run: RunFolder, experiment: Experiment, at index: Int, variant: String?, repetition: Int? = nil) throws
    {
        path = Self.path(
            run: run, folder: RunFolder.folderName(of: experiment, at: index), variant: variant, repetition: repetition)
        try? FileManager.default.removeItem(atPath: path)
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw RecordFiles.cannot("make", path, error)
        }
        samples = try LineFile(path: path + "/samples.jsonl", truncate: true)
    }

    /// For the data of its Prometheus, where they are kept. They are no part of what is verified: who looks at them lets a
    /// Prometheus write there.
    package var prometheus: String { path + "/" + Self.prometheusFolder }

    fileprivate static let prometheusFolder = "prometheus"

    package func append(_ sample: SecondSample) throws {
        try samples.append(sample.recorded)
    }

    /// - Parameters:
    ///   - logs: the folder of what the stack's programs have said; as much of it is kept as can be.
    ///   - redaction: takes the secrets out of all that is written here.
    package func finish(
        _ measurement: Model.Measurement, logs: String? = nil, redaction: Redaction = Redaction()
    ) throws {
        let measurement = redaction.measurement(measurement).withRecordedReadings
        if let logs { redaction.copyLogs(from: logs, to: path + "/logs") }
        for file in measurement.deployed {
            try RecordFiles.write(Data(file.text.utf8), to: path + "/stack/" + file.name)
        }
        try RecordFiles.write(measurement, to: path + "/record.json", pretty: false)
        let files = ["record.json", "samples.jsonl"] + measurement.deployed.map { "stack/" + $0.name }
        try RecordFiles.write(Checksums(of: files, in: path), to: path + "/" + Checksums.name)
        // A quarter of their size is left.
        for name in ["samples.jsonl", "record.json"] { RecordFiles.pack(path + "/" + name) }
    }

    static func path(run: RunFolder, folder: String, variant: String?, repetition: Int?) -> String {
        ([run.file(folder)] + Model.Measurement.subfolders(variant: variant, repetition: repetition))
            .joined(separator: "/")
    }
}

extension RunFolder {
    /// The folders of the Prometheus data that were kept, in the order of the measurements.
    package func keptPrometheus() throws -> [String] {
        try readManifestTolerantly().value.plan.map { planned in
            let folder = recordedFolder(of: planned.experiment, at: planned.index)
            let path = MeasurementRecord.path(
                run: self, folder: folder, variant: planned.variant.name, repetition: planned.repetition)
            return path + "/" + MeasurementRecord.prometheusFolder
        }.filter { FileManager.default.fileExists(atPath: $0) }
    }

    /// Reads all that was recorded. A measurement without a record (not begun, or killed) is left out or, where samples
    /// were saved, given as interrupted.
    /// - Parameter only: the name of an experiment, where the others are not looked at; nil for all.
    package func readRun(only: String? = nil) throws -> RecordedRun {
        let found = try readManifestTolerantly()
        let manifest = found.value
        let times = 1...max(1, manifest.repeats ?? 1)
        let named = manifest.experiments.enumerated().filter { only == nil || $1.name == only }
        let folders = named.map { recordedFolder(of: $1, at: $0) }
        let places = zip(named, folders).flatMap { named, folder in
            times.flatMap { time in
                named.element.variants.map { (folder: folder, variant: $0.name, repetition: time == 1 ? nil : time) }
            }
        }
        let read = try concurrently(places) {
            try readMeasurement(
                folder: $0.folder, variant: $0.variant, repetition: $0.repetition, began: manifest.began)
        }
        var rest = read[...]
        let experiments = zip(named, folders).map { named, folder in
            let measured = times.map { _ in
                let one = rest.prefix(named.element.variants.count).compactMap(\.self)
                rest = rest.dropFirst(named.element.variants.count)
                return one
            }
            return RecordedExperiment(
                experiment: named.element, folder: folder, measurements: measured[0],
                repetitions: Array(measured.dropFirst()))
        }
        return RecordedRun(
            manifest: manifest, experiments: experiments, faults: found.faults.map { "manifest.json: \($0)" },
            unreadable: found.leftOut)
    }

    private func readMeasurement(
        folder: String, variant: String?, repetition: Int?, began: UnixTime
    ) throws -> RecordedMeasurement? {
        let path = MeasurementRecord.path(run: self, folder: folder, variant: variant, repetition: repetition)
        let (samplesFile, recordFile) = (path + "/samples.jsonl", path + "/record.json")
        let (hasSamples, hasRecord) = (RecordFiles.exists(samplesFile), RecordFiles.exists(recordFile))
        guard hasSamples || hasRecord else { return nil }
        var samples: [SecondSample] = []
        var faults: [String] = []
        // A file that is there and cannot be read is as good as missing: the others still tell what they know.
        if hasSamples,
            let found = try? LineFile.readTolerantly(
                SecondSample.self, from: samplesFile, quickly: SampleReader.sample)
        {
            samples = found.lines
            faults = found.faults.map { "samples.jsonl:\($0.line)" }
        } else {
            faults.append("samples.jsonl")
        }
        let empty = Model.Measurement(variant: variant, repetition: repetition, stackKind: "unknown", began: began)
        guard hasRecord else { return RecordedMeasurement(measurement: empty, samples: samples, faults: faults) }
        let record: TolerantReader.Found<Model.Measurement>
        do {
            record = try TolerantReader.read(recordFile, template: empty)
        } catch {
            var unreadable = empty
            unreadable.outcome = .failed(phase: .collect, reason: "record.json cannot be read")
            return RecordedMeasurement(measurement: unreadable, samples: samples, faults: faults + ["record.json"])
        }
        if faults.isEmpty, record.value.outcome == .measured {
            faults = Self.gaps(in: samples.map(\.second), upTo: record.value.steps.map(\.plateauEnded).max() ?? 0)
        }
        return RecordedMeasurement(
            measurement: record.value, samples: samples, faults: faults + record.faults.map { "record.json: \($0)" })
    }

    /// Seconds of the load without a sample, for example of a file that was cut off.
    private static func gaps(in seconds: [Int], upTo end: Int) -> [String] {
        let after = zip([-1] + seconds, seconds + [max(end, (seconds.last ?? -1) + 1)])
        return after.filter { $0 < $1 - 1 }.prefix(20).map { before, next in
            "samples.jsonl: seconds \(before + 1) to \(next - 1)"
        }
    }
}
