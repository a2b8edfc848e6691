import Foundation
import Model
import Stacks
import TestSupport
import Testing

@Suite(.timed) struct UsageTests {
    @Test func thePressureIsTheTimeInWhichSomeTaskWaited() {
        let text = """
            some avg10=1.53 avg60=0.87 avg300=0.29 total=2500000
            full avg10=0.00 avg60=0.00 avg300=0.00 total=70
            """
        #expect(Pressure.parse(text) == 2.5)
        #expect(Pressure.parse("") == nil)
        #expect(Pressure.parse("some avg10=0.00") == nil)
    }

    @Test func whatTheMachineGaveToOthersIsPosted() {
        let board = SignalBoard()
        MachineUsage.post(to: board, at: .now)
        #expect(board.now.entries.keys.contains { $0.kind == .steal && $0.component == "machine" })
    }

    @Test func aFlushIsTimedAndItsFileRemoved() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "flush-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let board = SignalBoard()
        let watch = Task { await DiskFlush.watch(in: folder, board: board) }
        while board.now.entries.isEmpty { try await Task.sleep(for: .milliseconds(10)) }
        let (key, entry) = try #require(board.now.entries.first)
        #expect(key.kind == .diskFlush)
        guard case .value(let seconds) = entry.reading else { Issue.record("it is no count"); return }
        #expect(seconds > 0)
        watch.cancel()
        await watch.value
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
        // Where no file can be made, nothing is measured.
        await DiskFlush.watch(in: folder + "/missing", board: SignalBoard())
    }
}
