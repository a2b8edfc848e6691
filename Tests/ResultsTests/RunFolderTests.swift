import Foundation
import Model
import Results
import TestSupport
import Testing

@Suite(.timed) struct RunFolderTests {
    static func experiment(_ name: String, balancers: [Balancer] = [.none]) -> Experiment {
        Experiment(
            name: name, question: nil, title: LocalizedText(english: name, french: name),
            stack: StackDefinition(
                backend: .redis, replicas: 1, balancers: balancers, storeCPUs: nil, dataset: .course),
            load: LoadDefinition(
                tasks: [LoadTask(name: "read", weight: 1, method: .get, path: "/", expect: Check())],
                thinkTime: ThinkTime(minimum: 0, maximum: 0),
                shape: .ramp([LoadStage(users: 1, spawnRate: 1, hold: 1)])),
            criteria: [], sourceFile: "\(name).yaml")
    }

    static func manifest(_ experiments: [Experiment]) -> RunManifest {
        RunManifest(
            id: "2026-01-02T03-04-05Z", version: "0", commit: nil, began: 0, quick: false,
            host: Host(system: "s", kernel: "k", processor: "p", cores: 2, memory: 1, openFiles: 1),
            experiments: experiments)
    }

    /// Gives the body an empty folder and removes it afterwards.
    static func withFolder(_ body: (String) throws -> Void) throws {
        let folder = NSTemporaryDirectory() + "storelab-test-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    static func sample(_ second: Int) -> SecondSample {
        let latencies = Distribution(ascending: [
            .init(microseconds: 900, count: 2), .init(microseconds: 1500, count: 1),
        ])
        return SecondSample(
            second: second, users: 3, inFlight: 1,
            tasks: [
                TaskSecond(
                    started: 4, succeeded: latencies, failed: latencies, failures: [.status(503): 2, .timeout: 1])
            ])
    }

    @Test func whatIsWrittenIsReadBack() throws {
        try Self.withFolder { folder in
            let experiment = Self.experiment("one", balancers: [.roundRobin, .ipHash])
            let run = try RunFolder.create(in: folder, manifest: Self.manifest([experiment]))
            let record = try MeasurementRecord(run: run, experiment: experiment, at: 0, variant: "ip_hash")
            try record.append(Self.sample(0))
            try record.append(Self.sample(1))
            var measurement = Model.Measurement(variant: "ip_hash", stackKind: "local", began: 5)
            measurement.outcome = .failed(phase: .load, reason: "a \"quoted\" reason\nin two lines")
            measurement.deployed = [DeployedFile(name: "nginx.conf", text: "ip_hash;")]
            measurement.prometheus = [
                PrometheusAnswer(
                    name: "x", query: "y", kind: .instant(at: 1),
                    series: [PrometheusSeries(labels: ["a": "b"], points: [.init(time: 1.5, value: nil)])])
            ]
            try record.finish(measurement)
            let read = try RunFolder.find(nil, in: folder).readRun()
            #expect(read.experiments.count == 1)
            #expect(read.experiments.first?.folder == "01-one")
            #expect(
                read.experiments.first?.measurements == [
                    RecordedMeasurement(measurement: measurement, samples: [Self.sample(0), Self.sample(1)])
                ])
            let deployed = try String(contentsOfFile: run.file("01-one/ip_hash/stack/nginx.conf"), encoding: .utf8)
            #expect(deployed == "ip_hash;")
        }
    }

    @Test func timesToTheFirstByteAreRecordedCoarsely() throws {
        try Self.withFolder { folder in
            let experiment = Self.experiment("one")
            let run = try RunFolder.create(in: folder, manifest: Self.manifest([experiment]))
            let record = try MeasurementRecord(run: run, experiment: experiment, at: 0, variant: nil)
            let fine = Distribution(ascending: (0..<200).map { .init(microseconds: 5000 + 7 * $0, count: 2) })
            var sample = Self.sample(0)
            sample.tasks = [TaskSecond(started: 400, succeeded: fine, firstByte: fine)]
            try record.append(sample)
            try record.finish(Model.Measurement(variant: nil, stackKind: "local", began: 5))
            let read = try run.readRun().experiments[0].measurements[0].samples[0].tasks[0]
            #expect(read.succeeded == fine && read.firstByte == fine.coarse)
            #expect(read.firstByte.count == 400 && read.firstByte.buckets.count < 10)
        }
    }

    @Test func whatWasMeasuredAgainStandsBesideTheFirstTimeAndAnEditIsFound() throws {
        try Self.withFolder { folder in
            let experiment = Self.experiment("one", balancers: [.none])
            var manifest = Self.manifest([experiment])
            manifest.repeats = 2
            let run = try RunFolder.create(in: folder, manifest: manifest)
            for repetition in [nil, 2] {
                let record = try MeasurementRecord(
                    run: run, experiment: experiment, at: 0, variant: nil, repetition: repetition)
                try record.append(Self.sample(0))
                var measurement = Model.Measurement(
                    variant: nil, repetition: repetition, stackKind: "local", began: 5)
                measurement.outcome = .measured
                try record.finish(measurement)
            }
            let read = try #require(run.readRun().experiments.first)
            #expect(read.measurements.map(\.measurement.repetition) == [nil])
            #expect(read.repetitions.map { $0.map(\.measurement.repetition) } == [[2]])
            #expect(try run.changedLines().changes == [])
            #expect(try run.changedLines().unchecked == [])
            try unpack(in: folder)
            let file = run.file("01-one/repetition-2/samples.jsonl")
            let text = try String(contentsOfFile: file, encoding: .utf8)
            try text.replacing("\"started\":4", with: "\"started\":5").write(
                toFile: file, atomically: true, encoding: .utf8)
            #expect(
                try run.changedLines().changes == [RecordChange(file: "01-one/repetition-2/samples.jsonl", line: 1)])
            try FileManager.default.removeItem(atPath: file)
            #expect(
                try run.changedLines().changes == [RecordChange(file: "01-one/repetition-2/samples.jsonl", line: nil)])
        }
    }

    @Test func samplesOfAKilledRunAreInterruptedAndWhole() throws {
        try Self.withFolder { folder in
            let experiment = Self.experiment("one")
            let run = try RunFolder.create(in: folder, manifest: Self.manifest([experiment]))
            let record = try MeasurementRecord(run: run, experiment: experiment, at: 0, variant: nil)
            try record.append(Self.sample(0))
            let file = try #require(FileHandle(forWritingAtPath: record.path + "/samples.jsonl"))
            try file.seekToEnd()
            try file.write(contentsOf: Data(#"{"second":1,"us"#.utf8))
            let measurement = try #require(run.readRun().experiments.first?.measurements.first)
            #expect(measurement.samples == [Self.sample(0)])
            #expect(measurement.measurement.outcome == .interrupted)
        }
    }

    @Test func theJournalTellsWhatIsComplete() throws {
        try Self.withFolder { folder in
            let run = try RunFolder.create(in: folder, manifest: Self.manifest([]))
            let journal = try run.journal()
            func append(_ event: JournalEntry.Event, _ variant: String?) throws {
                try journal.append(JournalEntry(time: 1, event: event, experiment: "e", variant: variant))
            }
            try append(.measurementBegan, "a")
            try append(.phaseBegan(.load), "a")
            try append(.measurementEnded(.measured), "a")
            try append(.measurementBegan, "b")
            try append(.measurementEnded(.failed(phase: .stackUp, reason: "no")), "b")
            try append(.measurementBegan, "c")
            let entries = try run.readJournal()
            #expect(entries.isMeasured(experiment: "e", variant: "a"))
            #expect(!entries.isMeasured(experiment: "e", variant: "b"))
            #expect(!entries.isMeasured(experiment: "e", variant: "c"))
            #expect(!entries.isMeasured(experiment: "e", variant: nil))
            #expect(!entries.isMeasured(experiment: "f", variant: "a"))
        }
    }

    @Test func aRunThatIsNotThereIsExplained() throws {
        try Self.withFolder { folder in
            _ = try RunFolder.create(in: folder, manifest: Self.manifest([]))
            #expect {
                try RunFolder.find("yesterday", in: folder)
            } throws: { error in
                let problem = error as? Problem
                return problem?.kind == .usage && problem?.message.contains("yesterday") == true
                    && problem?.nextStep?.contains("2026-01-02T03-04-05Z") == true
            }
        }
    }

    @Test func aFolderWithoutManifestIsNamed() throws {
        try Self.withFolder { folder in
            let run = try RunFolder.create(in: folder, manifest: Self.manifest([]))
            try FileManager.default.removeItem(atPath: run.file("manifest.json"))
            #expect {
                try RunFolder.find(run.path, in: folder)
            } throws: { error in
                (error as? Problem)?.message.contains("\(run.path)/manifest.json is missing") == true
            }
            try Data("{".utf8).write(to: URL(fileURLWithPath: run.file("manifest.json")))
            #expect {
                try run.readRun()
            } throws: { error in
                let message = (error as? Problem)?.message ?? ""
                return message.contains("manifest.json: ") && !message.contains(": :")
            }
        }
    }

    /// - Returns: its faults after its files were changed.
    private func faults(_ change: (_ folder: String) throws -> Void) throws -> RecordedMeasurement {
        var found: RecordedMeasurement?
        try Self.withFolder { folder in
            let experiment = Self.experiment("one")
            let run = try RunFolder.create(in: folder, manifest: Self.manifest([experiment]))
            let record = try MeasurementRecord(run: run, experiment: experiment, at: 0, variant: nil)
            for second in 0..<6 { try record.append(Self.sample(second)) }
            var measurement = Model.Measurement(variant: nil, stackKind: "local", began: 5)
            measurement.outcome = .measured
            measurement.steps = [
                LoadStep(users: 3, purpose: .stage, rampBegan: 0, plateauBegan: 1, plateauEnded: 6, passed: true)
            ]
            try record.finish(measurement)
            try unpack(in: folder)
            try change(record.path)
            found = try run.readRun().experiments[0].measurements[0]
        }
        return try #require(found)
    }

    @Test func samplesThatAreCutOffOrLackASecondAreNamed() throws {
        #expect(try faults { _ in }.faults.isEmpty)
        func keep(_ lines: [Int], _ rest: String = "") throws -> [String] {
            try faults { folder in
                let file = URL(fileURLWithPath: folder + "/samples.jsonl")
                let all = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
                try Data((lines.map { all[$0] + "\n" }.joined() + rest).utf8).write(to: file)
            }.faults
        }
        #expect(try keep([0, 1, 2], "{\"second\":3,") == ["samples.jsonl: seconds 3 to 5"])
        #expect(try keep([1, 2, 4, 5]) == ["samples.jsonl: seconds 0 to 0", "samples.jsonl: seconds 3 to 3"])
        #expect(try keep([]) == ["samples.jsonl: seconds 0 to 5"])
    }

    @Test(arguments: ["record.json", "samples.jsonl"]) func aFileThatCannotBeReadIsAsGoodAsMissing(name: String) throws
    {
        let read = try faults { folder in
            try FileManager.default.removeItem(atPath: folder + "/" + name)
            try FileManager.default.createDirectory(atPath: folder + "/" + name, withIntermediateDirectories: true)
        }
        #expect(read.faults == [name])
        #expect(read.samples.count == (name == "samples.jsonl" ? 0 : 6))
    }

    /// At every place of a manifest, what stands whole before it is read, and what else was measured is named.
    @Test func aManifestThatIsCutOffGivesWhatStandsBeforeItsEnd() throws {
        try Self.withFolder { folder in
            let experiments = ["one", "two", "three"].map { Self.experiment($0) }
            let run = try RunFolder.create(in: folder, manifest: Self.manifest(experiments))
            for (index, experiment) in experiments.enumerated() {
                _ = try MeasurementRecord(run: run, experiment: experiment, at: index, variant: nil)
            }
            let file = URL(fileURLWithPath: run.file("manifest.json"))
            let whole = try Data(contentsOf: file)
            var found: Set<[String]> = []
            for end in stride(from: whole.count - 2, to: 0, by: -37) {
                try whole.prefix(end).write(to: file)
                do {
                    let read = try run.readRun()
                    let names = read.experiments.map(\.experiment.name)
                    #expect(names + read.unreadable.sorted().reversed() == ["one", "two", "three"])
                    #expect(read.experiments.map(\.experiment) == Array(experiments.prefix(names.count)))
                    #expect(read.faults.first?.hasPrefix("manifest.json: from line ") == true)
                    found.insert(names)
                } catch let problem as Problem {
                    #expect(problem.kind == .usage && problem.message.contains(file.path))
                    #expect(problem.nextStep?.contains("one, two, three") == true)
                }
            }
            #expect(found == [["one", "two", "three"], ["one", "two"], ["one"]])
        }
    }

    @Test(arguments: [
        ("", "it is empty"), ("[]", "it is not an object"), ("null", "it is not an object"),
        ("\u{1}garbage", "it is not JSON"), ("{\"experiments\": 3}", "the field experiments is not a list"),
        ("{}", "the field experiments is missing"),
    ])
    func aManifestThatSaysNothingIsNamedWithTheNextStep(text: String, fault: String) throws {
        try Self.withFolder { folder in
            let run = try RunFolder.create(in: folder, manifest: Self.manifest([Self.experiment("one")]))
            try Data(text.utf8).write(to: URL(fileURLWithPath: run.file("manifest.json")))
            let problem = try #require(throws: Problem.self) { _ = try run.readRun() }
            #expect(
                problem.kind == .usage && problem.message == "cannot read \(run.file("manifest.json")): \(fault)"
                    || problem.message.contains("or its end is missing"))
            #expect(problem.nextStep?.contains("restore it") == true)
        }
    }

    @Test func withoutAManifestWhatWasMeasuredIsNamed() throws {
        try Self.withFolder { folder in
            let experiment = Self.experiment("one")
            let run = try RunFolder.create(in: folder, manifest: Self.manifest([experiment]))
            _ = try MeasurementRecord(run: run, experiment: experiment, at: 0, variant: nil)
            try FileManager.default.removeItem(atPath: run.file("manifest.json"))
            let name = (run.path as NSString).lastPathComponent
            let problem = try #require(throws: Problem.self) { _ = try RunFolder.find(name, in: folder) }
            #expect(problem.message.contains("\(run.path)/manifest.json is missing"))
            #expect(problem.nextStep?.contains("What was measured (one)") == true)
        }
    }

    @Test func whatIsWholeOfCutJSONIsClosed() throws {
        func closed(_ text: String) -> String? {
            CutJSON(Data(text.utf8)).map { String(decoding: $0.closed, as: UTF8.self) }
        }
        #expect(closed(#"{"a": 1, "b": [{"c": 2}, {"d"#) == #"{"a": 1, "b": [{"c": 2}]}"#)
        #expect(closed(#"{"a": "x\"}],", "b": {"c": 2, "d"#) == #"{"a": "x\"}],"}"#)
        #expect(closed(#"{"a": [1, 2"#) == #"{"a": [1]}"#)
        #expect(
            closed(#"{"a": 1}"#) == nil && closed(#"[1, 2"#) == nil && closed(#"{"a": 1"#) == nil && closed("") == nil)
        #expect(CutJSON(Data("{\n\"a\": 1,\n\"b\": ".utf8))?.line == 2)
    }

    @Test func damagedChecksumsAreNamed() throws {
        try Self.withFolder { folder in
            let run = try RunFolder.create(in: folder, manifest: Self.manifest([]))
            try Data("x".utf8).write(to: URL(fileURLWithPath: run.file(Checksums.name)))
            #expect(try run.changedLines().changes == [RecordChange(file: Checksums.name, line: nil)])
        }
    }

    /// Which is the only moment at which it is certain that nothing is added.
    @Test func samplesAndRecordAreCompressedWhenTheMeasurementHasEnded() throws {
        try Self.withFolder { folder in
            let experiment = Self.experiment("one")
            let run = try RunFolder.create(in: folder, manifest: Self.manifest([experiment]))
            let record = try MeasurementRecord(run: run, experiment: experiment, at: 0, variant: nil)
            func names() throws -> [String] {
                try FileManager.default.contentsOfDirectory(atPath: record.path).sorted()
            }
            for second in 0..<6 { try record.append(Self.sample(second)) }
            #expect(try names() == ["samples.jsonl"])
            var measurement = Model.Measurement(variant: nil, stackKind: "local", began: 5)
            measurement.outcome = .measured
            try record.finish(measurement)
            #expect(try names() == ["checksums.json", "record.json.gz", "samples.jsonl.gz"])
            let read = try run.readRun()
            #expect(read.allFaults.isEmpty)
            #expect(read.experiments[0].measurements[0].samples == (0..<6).map(Self.sample))
            #expect(try run.changedLines().changes == [] && run.changedLines().unchecked == [])
            // What is not compressed is read where both are there.
            try unpack(in: folder)
            #expect(try names() == ["checksums.json", "record.json", "samples.jsonl"])
            #expect(try run.readRun() == read && run.changedLines().changes == [])
        }
    }

    @Test func ofCompressedSamplesThatAreDamagedTheBeginningIsReadAndTheRestNamed() throws {
        try Self.withFolder { folder in
            let experiment = Self.experiment("one")
            let run = try RunFolder.create(in: folder, manifest: Self.manifest([experiment]))
            let record = try MeasurementRecord(run: run, experiment: experiment, at: 0, variant: nil)
            for second in 0..<600 { try record.append(Self.sample(second)) }
            var measurement = Model.Measurement(variant: nil, stackKind: "local", began: 5)
            measurement.outcome = .measured
            try record.finish(measurement)
            let file = URL(fileURLWithPath: record.path + "/samples.jsonl.gz")
            let packed = try Data(contentsOf: file)
            try packed.prefix(packed.count / 2).write(to: file)
            let read = try run.readRun().experiments[0].measurements[0]
            #expect(!read.samples.isEmpty && read.samples == (0..<read.samples.count).map(Self.sample))
            #expect(read.faults == ["samples.jsonl:\(read.samples.count + 1)"])
            #expect(try run.changedLines().changes == [RecordChange(file: "01-one/samples.jsonl", line: nil)])
        }
    }

    @Test func readingsAreRecordedInFiveDigits() throws {
        try Self.withFolder { folder in
            let experiment = Self.experiment("one")
            let run = try RunFolder.create(in: folder, manifest: Self.manifest([experiment]))
            let record = try MeasurementRecord(run: run, experiment: experiment, at: 0, variant: nil)
            var measurement = Model.Measurement(variant: nil, stackKind: "local", began: 5)
            let readings = [0.123456789, -0.000012345678, 0, 98765.4321, 1_234_567_890, 1.0 / 3]
            measurement.usage = [
                UsageSample(
                    time: 1.23456789,
                    cores: Dictionary(uniqueKeysWithValues: zip("abcdef".map { String($0) }, readings)), memory: [:])
            ]
            measurement.signals = SignalRecord(
                times: [1], series: [SignalSeries(kind: .steal, component: "machine", limit: nil, values: readings)])
            try record.finish(measurement)
            let read = try run.readRun().experiments[0].measurements[0].measurement
            let recorded: [Double?] = [0.12346, -0.000012346, 0, 98765, 1_234_567_890, 0.33333]
            #expect(read.signals?.series[0].values == recorded)
            #expect("abcdef".map { read.usage[0].cores[String($0)] } == recorded && read.usage[0].time == 1.23456789)
        }
    }

    @Test func aDamagedRecordIsNamed() throws {
        try Self.withFolder { folder in
            let experiment = Self.experiment("one")
            let run = try RunFolder.create(in: folder, manifest: Self.manifest([experiment]))
            let record = try MeasurementRecord(run: run, experiment: experiment, at: 0, variant: nil)
            try record.append(Self.sample(0))
            try Data("{".utf8).write(to: URL(fileURLWithPath: record.path + "/record.json"))
            let read = try #require(run.readRun().experiments[0].measurements.first)
            #expect(read.faults == ["record.json"])
            #expect(read.samples.count == 1)
            #expect(read.measurement.outcome == .failed(phase: .collect, reason: "record.json cannot be read"))
        }
    }
}
