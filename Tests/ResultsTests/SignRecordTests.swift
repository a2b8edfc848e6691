import Foundation
import Model
import Results
import TestSupport
import Testing

@Suite(.timed) struct SignRecordTests {
    @Test func signsAreReadBackAndHoldNoSecrets() throws {
        try RunFolderTests.withFolder { folder in
            let experiment = RunFolderTests.experiment("one")
            let run = try RunFolder.create(in: folder, manifest: RunFolderTests.manifest([experiment]))
            let record = try MeasurementRecord(run: run, experiment: experiment, at: 0, variant: nil)
            var sample = RunFolderTests.sample(0)
            sample.signs = AnswerSigns(looked: 3, counts: [.mysqlTooManyConnections: 2])
            try record.append(sample)
            var measurement = Model.Measurement(variant: nil, stackKind: "compose", began: 5)
            measurement.signs = SignRecord(
                series: [
                    SignSeries(
                        kind: .connectionRefused, source: .log, component: "app", counts: [3: 2, 1: 5],
                        example: "mysql://root:hunter2secret@db:3306 Connection refused, known is topsecretword")
                ], answers: [.openFiles: "password=hunter2secret Too many open files"], read: ["app"], cut: ["app"])
            let secrets = KnownSecrets()
            secrets.add(["topsecretword"])
            try record.finish(measurement, redaction: Redaction(secrets))
            let text = String(
                decoding: try RecordFiles.content(of: record.path + "/record.json").content, as: UTF8.self)
            #expect(!text.contains("hunter2secret") && !text.contains("topsecretword"))
            let back = try #require(try run.readRun().experiments.first?.measurements.first)
            #expect(back.samples.first?.signs == sample.signs)
            let signs = try #require(back.measurement.signs)
            #expect(signs.series.first?.seconds == [1, 3] && signs.series.first?.counts == [5, 2])
            #expect(signs.read == ["app"] && signs.cut == ["app"] && back.faults.isEmpty)
        }
    }

    @Test func olderRecordsHaveNone() throws {
        let line = #"{"second":0,"users":1,"inFlight":0,"tasks":[]}"#
        let sample = try JSONDecoder().decode(SecondSample.self, from: Data(line.utf8))
        #expect(sample.signs == nil)
        let text = String(decoding: try JSONEncoder().encode(sample), as: UTF8.self)
        #expect(!text.contains("signs"))
    }
}
