import Foundation
import TestSupport
import TestTarget
import Testing

extension OnRealServers {
    /// Ctrl-C at any moment.
    @Suite(.serialized) struct InterruptionTests {
        /// A run whose record was made so long meanwhile that the reports take seconds. A machine that has them written within
        /// the time that a signal leaves for it ends with all of them.
        @Test func ctrlCEndsARunThatWritesItsReports() async throws {
            try await Laboratory.with { laboratory in
                try laboratory.write("1.yaml", Definition.ramp("first", hold: "2s"))
                try laboratory.write("2.yaml", Definition.ramp("second", hold: "2s"))
                let watch = Stopwatch()
                let ending = try await laboratory.storelab(["run", "experiments", "--output", "output"]) { pid in
                    try await laboratory.waitForLoad("02-second", seconds: 1)
                    try Self.lengthen(laboratory.output + "/latest/01-first/samples.jsonl")
                    try await laboratory.waitForJournal("run ended")
                    watch.start()
                    kill(pid, SIGINT)
                    await watch.killAfterLimit(pid)
                }
                watch.expectEnd(of: ending)
                let files = try FileManager.default.contentsOfDirectory(atPath: laboratory.output + "/latest/")
                let areAllWritten = ["report.md", "rapport.md"].allSatisfy(files.contains)
                #expect(ending.errors.contains("./storelab report") || areAllWritten, "\(ending.errors)")
            }
        }

        /// A store that stands still keeps the stack from being taken down until its time is over.
        @Test func aSecondCtrlCEndsAtOnceWhatCanBeEnded() async throws {
            try await Laboratory.with { laboratory in
                try laboratory.write("1.yaml", Definition.ramp("only", hold: "30s"))
                let watch = Stopwatch()
                let ending = try await laboratory.storelab(["run", "experiments", "--output", "output"]) { pid in
                    try await laboratory.waitForLoad("01-only")
                    if let store = laboratory.services()["store-1"] { kill(store, SIGSTOP) }
                    watch.start()
                    kill(pid, SIGINT)
                    // A signal that comes within 200 ms of the first one's arrival is taken for the same key press.
                    try await Laboratory.waitUntil("the first has arrived") { laboratory.hasTold("stopping;") }
                    try await Task.sleep(for: .milliseconds(300))
                    kill(pid, SIGINT)
                    await watch.killAfterLimit(pid)
                }
                watch.expectEnd(of: ending)
                #expect(ending.errors.contains("ended at once"), "\(ending.errors)")
                let resumed = try await laboratory.storelab(["report", "--output", "output"])
                #expect(resumed.code == 0, "\(resumed.errors)")
            }
        }

        @Test func ctrlCEndsAReport() async throws {
            try await Laboratory.with { laboratory in
                let copy = laboratory.output + "/sample"
                try FileManager.default.copyItem(atPath: Laboratory.home + "/output/sample", toPath: copy)
                try Self.lengthen(copy + "/01-mysql-baseline/samples.jsonl")
                for verb in ["report", "verify"] {
                    let watch = Stopwatch()
                    let ending = try await laboratory.storelab([verb, "sample", "--output", "output"]) { pid in
                        try await Self.waitUntilItListens(pid)
                        watch.start()
                        kill(pid, SIGINT)
                        await watch.killAfterLimit(pid)
                    }
                    watch.expectEnd(of: ending)
                }
            }
        }

        /// Nobody waits for answers that may take a minute: neither to the request before the load nor to those of the load.
        @Test(arguments: ["/silent", "/pause?after=1500&for=60000"])
        func ctrlCEndsALoadOnWhatDoesNotAnswer(path: String) async throws {
            try await Laboratory.with { laboratory in
                try await TargetServer.with { (server, port) async throws in
                    let watch = Stopwatch()
                    let load = [
                        "load", "http://127.0.0.1:\(port)\(path)", "--timeout", "50s", "--duration", "60s", "--users",
                        "5",
                    ]
                    let ending = try await laboratory.storelab(load) { pid in
                        if path == "/silent" {
                            try await Laboratory.waitUntil("it is asked") { server.requestCount > 0 }
                        } else {
                            try await Laboratory.waitUntil("the load is sent") { laboratory.hasTold("5/5 users") }
                        }
                        watch.start()
                        kill(pid, SIGINT)
                        await watch.killAfterLimit(pid)
                    }
                    watch.expectEnd(of: ending)
                }
            }
        }

        @Test(arguments: Moment.some + (Moment.areAllWanted ? Moment.random(20, seed: 16) : []))
        func ctrlCAtAnyMomentEndsARunAndLeavesNothing(moment: Moment) async throws {
            try await Laboratory.with { laboratory in
                try laboratory.write("1.yaml", Definition.ramp("only", replicas: 2, balancer: "round_robin"))
                let watch = Stopwatch()
                let ending = try await laboratory.storelab(["run", "experiments", "--output", "output"]) { pid in
                    try await moment.wait(for: pid, in: laboratory)
                    watch.start()
                    kill(pid, SIGINT)
                    await watch.killAfterLimit(pid)
                }
                print("Ctrl-C at \(moment): ended after \(watch.seconds) s with \(ending.code ?? -1)")
                // One that has said where its reports are was over before.
                if !ending.output.contains("report.md") { watch.expectEnd(of: ending) }
                let files =
                    FileManager.default.enumerator(atPath: laboratory.output)?.compactMap { $0 as? String } ?? []
                #expect(files.filter { ($0 as NSString).lastPathComponent.hasPrefix(".") } == [], "half-written")
                guard files.contains(where: { $0.hasSuffix("/manifest.json") }) else { return }
                let report = try await laboratory.storelab(["report", "--output", "output"])
                #expect(report.code == 0, "\(report.errors)")
            }
        }

        /// Until SIGINT no longer ends the program by itself.
        static func waitUntilItListens(_ pid: Int32) async throws {
            try await Laboratory.waitUntil("the program listens to signals") { listens(pid) }
        }

        static func listens(_ pid: Int32) -> Bool {
            let status = (try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)) ?? ""
            let caught = status.split(separator: "\n").first { $0.hasPrefix("SigCgt:") }?.split(separator: "\t")
            return (caught?.last.flatMap { UInt64($0, radix: 16) } ?? 0) & (1 << UInt64(SIGHUP - 1)) != 0
        }

        /// Repeats the samples until they take seconds to read.
        private static func lengthen(_ samples: String) throws {
            try unpack(in: (samples as NSString).deletingLastPathComponent)
            let lines = try Data(contentsOf: URL(filePath: samples))
            let file = try #require(FileHandle(forWritingAtPath: samples))
            try file.seekToEnd()
            for _ in 0..<(60 << 20) / lines.count { try file.write(contentsOf: lines) }
            try file.close()
        }
    }
}

/// From a signal to the program's end.
final class Stopwatch: @unchecked Sendable {
    /// Nothing that Ctrl-C ends takes so long by far, on any machine; what each took is printed.
    static let limit = Duration.seconds(60)
    private var began = ContinuousClock.now
    private var ended = ContinuousClock.now

    func start() { began = .now }

    /// Waits for the program's end, and kills one that does not end, whose exit code then tells.
    func killAfterLimit(_ pid: Int32) async {
        let deadline = began + Self.limit
        while Self.lives(pid), .now < deadline { try? await Task.sleep(for: .milliseconds(2)) }
        ended = .now
        if Self.lives(pid) { kill(pid, SIGKILL) }
    }

    var seconds: Double { (ended - began) / .seconds(1) }

    func expectEnd(of ending: Laboratory.Ending, _ place: SourceLocation = #_sourceLocation) {
        #expect(ending.code == 130, "after \(seconds) s: \(ending.errors)", sourceLocation: place)
    }

    /// A program that has ended and was not asked how is none that lives.
    static func lives(_ pid: Int32) -> Bool {
        guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
            let state = text.split(separator: ")").last?.split(separator: " ").first
        else { return false }
        return state != "Z" && state != "X"
    }
}

extension Laboratory {
    static func waitUntil(_ what: String, _ isSo: () throws -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while try !isSo() {
            guard ContinuousClock.now < deadline else {
                Issue.record("not within a minute: \(what)")
                return
            }
            // To look for a process takes some milliseconds of CPU.
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    /// Whether a program that was run here has said so on standard error.
    func hasTold(_ text: String) -> Bool {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { $0.hasPrefix("errors-") }.contains {
            (try? String(contentsOfFile: "\(folder)/\($0)", encoding: .utf8).contains(text)) == true
        }
    }

    /// Waits until the newest run's journal has so many entries of a kind.
    func waitForJournal(_ kind: String, times: Int = 1) async throws {
        try await Self.waitUntil("the journal says \(kind)") {
            ((try? read("journal.jsonl")) ?? "").matches(of: try Regex(NSRegularExpression.escapedPattern(for: kind)))
                .count >= times
        }
    }
}

/// A moment of a run, told by what the run has come to, and by a pause that is drawn.
struct Moment: Sendable, CustomTestStringConvertible {
    enum Progress: Sendable, CaseIterable {
        case listens, firstProgram, thirdProgram, sixthProgram, preflight, load, secondSample, fourthSample, collect
        case stackDown, measurementEnded, runEnded, firstReport, secondReport
    }

    var progress: Progress
    /// In steps of two milliseconds.
    var pause = 0

    static let some = [Moment(progress: .firstProgram), Moment(progress: .secondSample), Moment(progress: .runEnded)]

    static var areAllWanted: Bool { Tier.isFull }

    /// Each kind of progress is there at least once.
    static func random(_ count: Int, seed: UInt64) -> [Moment] {
        var state = seed
        func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        return (0..<count).map { index in
            let all = Progress.allCases
            return Moment(progress: index < all.count ? all[index] : all[next(all.count)], pause: next(40))
        }
    }

    var testDescription: String { "\(progress), \(2 * pause) ms later" }

    func wait(for pid: Int32, in laboratory: Laboratory) async throws {
        try await Laboratory.waitUntil("\(progress)") { Stopwatch.lives(pid) ? isReached(pid, laboratory) : true }
        for _ in 0..<pause { try await Task.sleep(for: .milliseconds(2)) }
    }

    private func isReached(_ pid: Int32, _ laboratory: Laboratory) -> Bool {
        func journal(_ text: String) -> Bool { (try? laboratory.read("journal.jsonl").contains(text)) ?? false }
        func samples(_ count: Int) -> Bool {
            ((try? laboratory.read("01-only/samples.jsonl"))?.split(separator: "\n").count ?? 0) >= count
        }
        return switch progress {
        case .listens: OnRealServers.InterruptionTests.listens(pid)
        case .firstProgram: !laboratory.services().isEmpty
        case .thirdProgram: laboratory.services().count >= 3
        case .sixthProgram: laboratory.services().count >= 6
        case .preflight: journal(#""phase began","experiment":"only","phase":"pre-flight""#)
        case .load: journal(#""phase began","experiment":"only","phase":"load""#)
        case .secondSample: samples(2)
        case .fourthSample: samples(4)
        case .collect: journal(#""phase began","experiment":"only","phase":"collect""#)
        case .stackDown: journal(#""phase began","experiment":"only","phase":"stack down""#)
        case .measurementEnded: journal("measurement ended")
        case .runEnded: journal("run ended")
        case .firstReport: (try? laboratory.read("report.md")) != nil
        case .secondReport: (try? laboratory.read("rapport.md")) != nil
        }
    }
}
