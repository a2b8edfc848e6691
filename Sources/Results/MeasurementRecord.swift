import Foundation
package import Model

/// The files of one measurement: samples as they come, then the record, with the logs and the deployed configuration beside.
package struct MeasurementRecord: Sendable {
    /// Absolute path.
    package let path: String
    private let samples: LineFile

    /// Begins the record anew; what an earlier, incomplete try left there is removed.
    package init(run: RunFolder, experiment: Experiment, at index: Int, variant: String?) throws {
        path = Self.path(run: run, folder: RunFolder.folderName(of: experiment, at: index), variant: variant)
        try? FileManager.default.removeItem(atPath: path)
        do {
            try FileManager.default.createDirectory(atPath: path + "/logs", withIntermediateDirectories: true)
        } catch {
            throw RecordFiles.cannot("make", path, error)
        }
        samples = try LineFile(path: path + "/samples.jsonl", truncate: true)
    }

    package var logs: String { path + "/logs" }

    package func append(_ sample: SecondSample) throws { try samples.append(sample) }

    package func finish(_ measurement: Model.Measurement) throws {
        for file in measurement.deployed {
            try RecordFiles.write(Data(file.text.utf8), to: path + "/stack/" + file.name)
        }
        try RecordFiles.write(measurement, to: path + "/record.json", pretty: false)
    }

    static func path(run: RunFolder, folder: String, variant: String?) -> String {
        let base = run.file(folder)
        return variant.map { base + "/" + $0 } ?? base
    }
}

extension RunFolder {
    /// Reads all that was recorded. A measurement without a record (not begun, or killed) is left out or, where samples
    /// were saved, given as interrupted.
    package func readRun() throws -> RecordedRun {
        let manifest = try readManifest()
        var experiments: [RecordedExperiment] = []
        for (index, experiment) in manifest.experiments.enumerated() {
            let folder = Self.folderName(of: experiment, at: index)
            let measurements = try experiment.variants.compactMap {
                try readMeasurement(folder: folder, variant: $0.name, began: manifest.began)
            }
            experiments.append(RecordedExperiment(experiment: experiment, folder: folder, measurements: measurements))
        }
        return RecordedRun(manifest: manifest, experiments: experiments)
    }

    private func readMeasurement(folder: String, variant: String?, began: UnixTime) throws -> RecordedMeasurement? {
        let path = MeasurementRecord.path(run: self, folder: folder, variant: variant)
        let samplesFile = path + "/samples.jsonl"
        guard FileManager.default.fileExists(atPath: samplesFile) else { return nil }
        let samples = try LineFile.read(SecondSample.self, from: samplesFile)
        guard FileManager.default.fileExists(atPath: path + "/record.json") else {
            return RecordedMeasurement(
                measurement: Model.Measurement(variant: variant, stackKind: "unknown", began: began), samples: samples)
        }
        return RecordedMeasurement(
            measurement: try RecordFiles.read(Model.Measurement.self, from: path + "/record.json"), samples: samples)
    }
}
