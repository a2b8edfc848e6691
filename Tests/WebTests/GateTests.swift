import TestSupport
import Testing
import Web

@Suite(.timed) struct GateTests {
    private static let local = Gate(isLoopback: true, publicNames: ["lab.example.org"], token: nil)

    private static func asked(
        _ host: String?, changes: Bool = false, origin: String? = nil, site: String? = nil, token: String? = nil
    ) -> Gate.Asked {
        Gate.Asked(changesSomething: changes, host: host, origin: origin, site: site, token: token)
    }

    @Test(arguments: [
        "127.0.0.1:8089", "127.0.0.1", "localhost:8089", "LOCALHOST", "[::1]:8089", "127.8.9.1:1", "lab.example.org",
        "Lab.Example.Org:443",
    ]) func itsOwnNamesAreLetIn(host: String) {
        #expect(Self.local.refusal(of: Self.asked(host)) == nil)
    }

    @Test(arguments: [
        "evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8089", "10.0.0.1", "192.168.1.4:8089", "",
        "[::2]", "[::1", "127.0.0.1@evil.example", "127.0.0", "0x7f.0.0.1", "127.0.0.1.", "xn--localhost",
    ]) func aReboundNameIsRefused(host: String) {
        #expect(Self.local.refusal(of: Self.asked(host)) == (host == "[::1" ? nil : .host))
    }

    @Test func withoutAHostNothingIsAnswered() {
        #expect(Self.local.refusal(of: Self.asked(nil)) == .host)
    }

    @Test func itsOwnPagesMayChangeThings() {
        let host = "localhost:8089"
        for (origin, site) in [
            ("http://localhost:8089", "same-origin"), ("http://localhost:8089", nil), (nil, "same-origin"),
            ("https://lab.example.org", "same-origin"), ("https://lab.example.org", nil),
        ] as [(String?, String?)] {
            #expect(Self.local.refusal(of: Self.asked(host, changes: true, origin: origin, site: site)) == nil)
        }
    }

    @Test func pagesOfOthersMayNot() {
        let host = "localhost:8089"
        for (origin, site) in [
            (nil, nil), ("null", nil), ("http://evil.example", nil), ("http://evil.example", "cross-site"),
            ("http://localhost:3000", "same-site"), ("http://localhost:3000", nil), ("http://localhost", nil),
            ("http://localhost:8089.evil.example", nil), ("http://localhost:8089", "cross-site"),
            ("localhost:8089", nil),
            ("http://127.0.0.1:8089", nil), (nil, "none"), (nil, "cross-site"), ("", nil),
            ("http://evil.example?http://localhost:8089", nil), ("https://lab.example.org.evil.example", nil),
        ] as [(String?, String?)] {
            #expect(
                Self.local.refusal(of: Self.asked(host, changes: true, origin: origin, site: site)) == .origin,
                "\(origin ?? "–") \(site ?? "–")")
        }
    }

    @Test func elsewhereTheTokenIsNeeded() {
        let gate = Gate(isLoopback: false, publicNames: [], token: "secret1")
        #expect(gate.refusal(of: Self.asked("192.168.1.4:8089", token: "secret1")) == nil)
        for token in [nil, "", "secret2", "secret", "secret11", "SECRET1"] as [String?] {
            #expect(gate.refusal(of: Self.asked("192.168.1.4:8089", token: token)) == .token)
        }
        // A name that somebody made to lead here, even with the token.
        #expect(gate.refusal(of: Self.asked("evil.example", token: "secret1")) == .host)
        #expect(
            gate.refusal(
                of: Self.asked("192.168.1.4", changes: true, origin: "http://evil.example", token: "secret1"))
                == .origin)
    }
}
