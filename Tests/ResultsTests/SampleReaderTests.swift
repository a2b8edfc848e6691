import Foundation
import Model
import Results
import TestSupport
import Testing

/// It reads what `JSONDecoder` reads, or leaves a line to it.
@Suite(.timed) struct SampleReaderTests {
    private static let full = SecondSample(
        second: 12, users: 30, inFlight: 4,
        tasks: [
            TaskSecond(
                started: 9, succeeded: Distribution(ascending: [.init(microseconds: 9028, count: 3)]),
                failed: Distribution(ascending: [.init(microseconds: 17, count: 1), .init(microseconds: 80, count: 2)]),
                failures: [.status(503): 2, .timeout: 1],
                firstByte: Distribution(ascending: [.init(microseconds: 264, count: 3)]),
                due: DueSecond(succeededEarlier: Distribution(ascending: [.init(microseconds: 9028, count: 1)])),
                reconnects: 2, hops: 1),
            TaskSecond(),
        ],
        generator: generator)

    private static var generator: GeneratorSecond {
        var generator = GeneratorSecond(
            loops: [
                LoopSecond(cpu: 0.25, timerLag: 4.8035e-05, cpuWait: 0), LoopSecond(cpu: 1, timerLag: 0.125),
            ], due: 9, sent: 9, waiting: 0, lag: Distribution(ascending: [.init(microseconds: 3, count: 9)]),
            connections: 30, descriptorsLeft: 900, portsLeft: 28_000)
        generator.quota = QuotaSecond(cores: 2, stopped: 0.5, used: 1.5)
        return generator
    }

    private static func line(_ sample: SecondSample) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(sample)
    }

    private func read(_ line: Data) -> SecondSample? { line.withUnsafeBytes { SampleReader.sample($0) } }

    @Test func allThatASecondUsuallyHoldsIsRead() throws {
        let line = try Self.line(Self.full)
        #expect(read(line) == Self.full)
        #expect(try JSONDecoder().decode(SecondSample.self, from: line) == Self.full)
    }

    @Test func whatIsRareIsLeftToTheDecoder() throws {
        var sample = Self.full
        sample.signs = AnswerSigns(looked: 1)
        #expect(try read(Self.line(sample)) == nil)
        sample = Self.full
        sample.generator?.lost = ["a"]
        #expect(try read(Self.line(sample)) == nil)
    }

    /// Bytes that are changed, left out or doubled, at every place: where it reads a line at all, the decoder reads the same.
    @Test func ofADamagedLineNothingIsReadThatTheDecoderDoesNotRead() throws {
        let line = try Self.line(Self.full)
        var (same, left) = (0, 0)
        for place in line.indices {
            let replaced = "\"{}[],:09-.e\\ ;x".utf8.map { byte in
                var damaged = line
                damaged[place] = byte
                return damaged
            }
            let others = [line.prefix(place), line[..<place] + line[(place + 1)...], line[...place] + line[place...]]
            for damaged in replaced + others.map({ Data($0) }) {
                guard let found = read(damaged) else {
                    left += 1
                    continue
                }
                #expect(
                    found == (try? JSONDecoder().decode(SecondSample.self, from: damaged)),
                    "\(String(decoding: damaged, as: UTF8.self))")
                same += 1
            }
        }
        #expect(same > 100 && left > 100)
    }

    /// Of the sample and of all recordings: what earlier versions wrote too.
    @Test func everyRecordedLineIsReadAsByTheDecoder() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardizedFileURL
        var (lines, quick) = (0, 0)
        for folder in ["output/sample", "Tests/Recordings"] {
            let place = root.appending(path: folder).path
            let names = try #require(FileManager.default.enumerator(atPath: place)).compactMap { $0 as? String }
            for name in names where name.hasSuffix("/samples.jsonl") || name.hasSuffix("/samples.jsonl.gz") {
                let file = place + "/" + (name.hasSuffix(".gz") ? String(name.dropLast(3)) : name)
                for line in try RecordFiles.content(of: file).content.split(separator: UInt8(ascii: "\n")) {
                    lines += 1
                    guard let found = read(Data(line)) else { continue }
                    quick += 1
                    let decoded = try JSONDecoder().decode(SecondSample.self, from: Data(line))
                    #expect(found == decoded, "\(name), second \(decoded.second)")
                }
            }
        }
        #expect(lines > 700 && quick > lines * 9 / 10, "\(quick) of \(lines)")
    }
}
