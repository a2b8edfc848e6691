import Foundation
package import Model

/// What of a record may hold secrets.
extension Redaction {
    private static let mask = "***"

    package func manifest(_ manifest: RunManifest) -> RunManifest {
        var redacted = manifest
        redacted.experiments = manifest.experiments.map(experiment)
        if redacted.experiments != manifest.experiments { redacted.hidesSecrets = true }
        return redacted
    }

    package func experiment(_ experiment: Experiment) -> Experiment {
        var experiment = experiment
        experiment.load.tasks = experiment.load.tasks.map(task)
        if case .running(var service) = experiment.stack.subject {
            service.url = prose(service.url)
            service.prometheus = service.prometheus.map(prose)
            experiment.stack.subject = .running(service)
        }
        if case .project(var own) = experiment.stack.subject, case .command(let service, let command)? = own.restore {
            own.restore = .command(service: service, command: prose(command))
            experiment.stack.subject = .project(own)
        }
        return experiment
    }

    package func measurement(_ measurement: Model.Measurement) -> Model.Measurement {
        var measurement = measurement
        measurement.outcome = outcome(measurement.outcome)
        measurement.failures = measurement.failures.map(example)
        for index in measurement.preflight.indices {
            measurement.preflight[index].failure = measurement.preflight[index].failure.map(example)
        }
        measurement.notes = measurement.notes.map(prose)
        measurement.signs = measurement.signs.map(signs)
        measurement.deployed = measurement.deployed.map {
            DeployedFile(name: $0.name, text: configuration($0.text))
        }
        return measurement
    }

    package func outcome(_ outcome: Outcome) -> Outcome {
        guard case .failed(let phase, let reason) = outcome else { return outcome }
        return .failed(phase: phase, reason: prose(reason))
    }

    private func signs(_ record: SignRecord) -> SignRecord {
        var record = record
        for index in record.series.indices { record.series[index].example = prose(record.series[index].example) }
        record.answers = record.answers.mapValues(prose)
        return record
    }

    package func example(_ example: FailureExample) -> FailureExample {
        var example = example
        example.detail = prose(example.detail)
        example.request = prose(example.request)
        example.response = prose(example.response)
        return example
    }

    // MARK: Definitions

    private func task(_ task: LoadTask) -> LoadTask {
        var task = task
        task.path = prose(task.path)
        task.pathPieces = pieces(task.pathPieces)
        task.headers = task.headers.map { header in
            let isSecret = Self.looksSecret(header.name)
            return HeaderTemplate(
                name: header.name, pieces: isSecret ? header.pieces.map(Self.masked) : pieces(header.pieces))
        }
        task.bodies = task.bodies.map { BodyTemplate(share: $0.share, pieces: pieces($0.pieces)) }
        task.expect.headers = task.expect.headers.map {
            ExpectedHeader(name: $0.name, value: Self.looksSecret($0.name) ? Self.mask : prose($0.value))
        }
        task.expect.equals = task.expect.equals.map { expected in
            guard case .string = expected.value, Self.looksSecret(expected.path.rawValue) else { return expected }
            return ExpectedValue(path: expected.path, value: .string(Self.mask))
        }
        return task
    }

    /// A secret may begin in one piece and go on in the next.
    private func pieces(_ pieces: [BodyTemplate.Piece]) -> [BodyTemplate.Piece] {
        var isOpen = false
        return pieces.map { piece in
            switch piece {
            case .text(let text):
                let end = isOpen ? text.firstIndex { "\"'&,;} \n".contains($0) } ?? text.endIndex : text.startIndex
                let wasWhole = isOpen && end == text.endIndex
                let rest = opened(String(text[end...]))
                if !wasWhole { isOpen = rest.isOpen }
                return .text((end > text.startIndex ? Self.mask : "") + rest.text)
            case .column(let column) where Self.looksSecret(column.name) || column.isOfEnvironment:
                return Self.masked(piece)
            default: return isOpen ? Self.masked(piece) : piece
            }
        }
    }

    private static func masked(_ piece: BodyTemplate.Piece) -> BodyTemplate.Piece {
        switch piece {
        case .text: return .text(mask)
        case .choice(let all): return .choice(all.map { _ in mask })
        case .column(var column):
            column.values = column.values.map { _ in mask }
            return .column(column)
        case .randomInteger, .uuid, .sequence, .variable, .file: return piece
        }
    }
}

/// What the stack's programs have said.
extension Redaction {
    private static let part = 1 << 20

    /// Copies every file of a folder. What cannot be read or written is left out: nothing depends on a log.
    func copyLogs(from folder: String, to target: String) {
        try? FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: true)
        for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
            guard let source = FileHandle(forReadingAtPath: "\(folder)/\(name)"),
                FileManager.default.createFile(atPath: "\(target)/\(name)", contents: nil),
                let copy = FileHandle(forWritingAtPath: "\(target)/\(name)")
            else { continue }
            try? copyLog(source, to: copy)
            try? source.close()
            try? copy.close()
        }
    }

    /// In parts that end with a line.
    private func copyLog(_ source: FileHandle, to copy: FileHandle) throws {
        var rest: [UInt8] = []
        while let more = try source.read(upToCount: Self.part), !more.isEmpty {
            rest += more
            guard let end = rest.lastIndex(of: 10) ?? (rest.count > Self.part ? rest.count - 1 : nil) else { continue }
            try copy.write(contentsOf: Data(log(Array(rest[...end]))))
            rest = Array(rest[(end + 1)...])
        }
        try copy.write(contentsOf: Data(log(rest)))
    }
}
