import Foundation
import Model
import Stacks
import TestSupport
import Testing

@Suite(.timed) struct LogSignTests {
    /// 2026-11-25 13:00:00 UTC.
    private let began = 1_795_611_600.0
    private var window: LoadWindow { LoadWindow(began: began, ended: began + 10) }

    private func read(_ parts: [String]) -> [SignSeries] {
        let window = window
        var signs = LogSigns(component: "app") { line, _ in LineTime.read(line).flatMap(window.second) }
        for part in parts { Array(part.utf8).withUnsafeBytes { signs.read($0) } }
        signs.finish()
        return signs.series
    }

    @Test func instantsOfDockerAreRead() {
        func time(_ line: String) -> UnixTime? { Array(line.utf8).withUnsafeBytes { LineTime.read($0) } }
        #expect(time("2026-11-25T13:00:00.500000000Z hello") == began + 0.5)
        #expect(time("2024-02-29T00:00:01Z x") == 1_709_164_801)
        #expect(time("hello") == nil && time("2026-13-25T13:00:00Z") == nil && time("") == nil)
    }

    @Test func linesCountInTheirSecondOfTheLoad() throws {
        let text = """
            2026-11-25T12:59:59.900000000Z (1040, 'Too many connections') before the load
            2026-11-25T13:00:02.000000001Z (1040, 'Too many connections') one
            2026-11-25T13:00:02.999999999Z (1040, 'Too many connections') two
            2026-11-25T13:00:03.000000000Z OSError: [Errno 24] Too many open files
            2026-11-25T13:00:05.000000000Z (1040, 'Too many connections') three
            2026-11-25T13:00:11.000000000Z (1040, 'Too many connections') after it
            """
        let series = read([text])
        #expect(series.map(\.kind) == [.mysqlTooManyConnections, .openFiles])
        #expect(series[0].seconds == [2, 5] && series[0].counts == [2, 1])
        #expect(series[0].source == .log && series[0].component == "app")
        #expect(series[0].example == "(1040, 'Too many connections') one", "the example is without Docker's instant")
        // However it is cut into pieces.
        #expect(read(text.map(String.init)) == series)
    }

    @Test func aLogWithoutTimesIsToldByHowItGrew() throws {
        let file = NSTemporaryDirectory() + "storelab-test-\(UUID().uuidString).log"
        defer { try? FileManager.default.removeItem(atPath: file) }
        func write(_ text: String) throws {
            let old = FileManager.default.contents(atPath: file) ?? Data()
            try (old + Data(text.utf8)).write(to: URL(fileURLWithPath: file))
        }
        let growth = LogGrowth(["nginx": file, "gone": "/nowhere/x.log"])
        try write("64 worker_connections are not enough, before the load\n")
        growth.look(at: began - 0.1)
        growth.look(at: began + 0.9)
        try write("64 worker_connections are not enough\nfine\n")
        growth.look(at: began + 1.9)
        growth.look(at: began + 2.9)
        try write("64 worker_connections are not enough\n64 worker_connections are not enough\n")
        growth.look(at: began + 3.9)
        let record = growth.signs(in: window)
        #expect(record.read == ["nginx"] && record.cut.isEmpty)
        let series = try #require(record.series.first)
        #expect(record.series.count == 1 && series.kind == .nginxWorkerConnections)
        #expect(series.seconds == [1, 3] && series.counts == [1, 2])
    }

    @Test func logsOfContainersAreReadOnBothStreams() async throws {
        let says = "2026-11-25T13:00:04.1Z Error: connect ECONNREFUSED 172.18.0.3:3306"
        try await FakeDocker.with(
            "logs) echo \"$@\" >\"$FOLDER/asked\"; echo '\(says)'; echo '\(says)' >&2 ;;"
        ) { fake in
            let signs = ContainerSigns(docker: fake.docker, components: [("c1", "app")])
            let record = await signs.read(window)
            #expect(record.read == ["app"] && record.cut.isEmpty)
            #expect(record.series.map(\.counts) == [[2]] && record.series.map(\.seconds) == [[4]])
            let asked = try String(contentsOfFile: fake.folder + "/asked", encoding: .utf8)
            #expect(asked == "logs --timestamps --since 1795611600.000 --until 1795611610.000 c1\n")
        }
    }

    @Test func aLogThatTheEngineCannotGiveIsNotSaidToHaveBeenRead() async throws {
        try await FakeDocker.with(
            "logs) echo 'Error response from daemon: configured logging driver does not support reading' >&2; exit 1 ;;"
        ) { fake in
            let record = await ContainerSigns(docker: fake.docker, components: [("c1", "app")]).read(window)
            #expect(record == SignRecord())
        }
    }

    @Test func aContainerThatHasDoneItsWorkIsNoSign() {
        #expect(ContainerEvent.sign(of: "die", exitCode: 0) == nil)
        #expect(ContainerEvent.sign(of: "die", exitCode: 137) == .ended)
        #expect(ContainerEvent.sign(of: "oom", exitCode: 0) == .outOfMemoryKill)
        #expect(ContainerEvent.sign(of: "exec_die", exitCode: 1) == nil)
    }

    @Test func whatTheEngineToldBelongsToItsSecond() {
        let events = [
            ContainerEvent(component: "db", sign: .outOfMemoryKill, time: began + 3.2),
            ContainerEvent(component: "db", sign: .ended, time: began + 3.3),
            ContainerEvent(component: "app", sign: .ended, time: began - 1),
        ]
        #expect(
            ContainerEvent.series(events, in: window) == [
                SignSeries(kind: .ended, source: .engine, component: "db", counts: [3: 1]),
                SignSeries(kind: .outOfMemoryKill, source: .engine, component: "db", counts: [3: 1]),
            ])
    }
}
