import TestSupport
import TestTarget
import Testing

@Suite(.timed) struct OutageTests {
    @Test(arguments: [
        ("refuse 2s at 10s", ScriptedOutage.Kind.refuse, 2_000_000_000, 10_000_000_000),
        ("reset 2s at 10s", .reset, 2_000_000_000, 10_000_000_000),
        ("pause 250ms at 1.5s", .pause, 250_000_000, 1_500_000_000),
        ("status 503 for 2s at 0s", .status(503), 2_000_000_000, 0),
    ])
    func outagesAreReadAsTheyAreWritten(text: String, kind: ScriptedOutage.Kind, length: UInt64, after: UInt64) throws {
        let outage = try ScriptedOutage(text)
        #expect(outage == ScriptedOutage(kind, length: length, after: after))
        #expect(try ScriptedOutage(outage.text) == outage)
    }

    @Test(arguments: [
        "", "refuse", "refuse 2s", "refuse 0s at 1s", "status for 2s at 1s", "status 99 for 2s at 1s", "reset 2 at 1s",
        "melt 2s at 1s", "reset 2s at 1s 3s",
    ])
    func whatIsNoOutageIsRefused(text: String) {
        #expect(throws: (any Error).self) { try ScriptedOutage(text) }
    }
}
