import HTTPTypes
import Hummingbird
import Logging
import StoreServer
import Synchronization
import TestSupport
import Testing

@Suite(.timed) struct LogTests {
    private final class Lines: Sendable {
        private let all = Mutex<[String]>([])

        var text: String { all.withLock { $0.joined() } }

        func add(_ line: String) { all.withLock { $0.append(line) } }
    }

    private func log(_ form: LineLogHandler.Form, _ message: Logger.Message, _ metadata: Logger.Metadata) -> String {
        let lines = Lines()
        let logger = Logger(label: "store-1", factory: { LineLogHandler(label: $0, form: form, write: lines.add) })
        logger.warning(message, metadata: metadata)
        logger.debug("not at this level")
        return lines.text
    }

    @Test func anEventIsOneLineWhateverItHolds() throws {
        let metadata: Logger.Metadata = ["b": "two words", "a": "x=\"1\"\nlevel=info", "c": "plain"]
        let logfmt = log(.logfmt, "It failed", metadata)
        #expect(
            logfmt[(logfmt.firstIndex(of: " ") ?? logfmt.startIndex)...]
                == " level=warning logger=store-1 message=\"It failed\" a=\"x=\\\"1\\\"\\nlevel=info\" b=\"two words\" c=plain\n"
        )
        #expect(logfmt.hasPrefix("time=20") && logfmt.prefix { $0 != " " }.hasSuffix("Z"))
        let json = Tree(try JSONParser.parse(log(.json, "It failed", metadata)))
        #expect(json["message"].text == "It failed")
        #expect(json["a"].text == "x=\"1\"\nlevel=info")
        #expect(json["level"].text == "warning")
    }

    @Test(arguments: [
        ("abc-123_X.y", true), ("", false), ("a b", false), ("a\"b", false), (String(repeating: "a", count: 65), false),
    ])
    func aRequestKeepsASaneID(given: String, isKept: Bool) async throws {
        let client = StoreClient()
        let answer = try await client.ask("GET", "/health-check", requestID: given)
        let id = try #require(answer.headers.first { $0.name.canonicalName == "x-request-id" }?.value)
        #expect((id == given) == isKept)
        #expect(isKept || id.utf8.count == 15)
    }
}
