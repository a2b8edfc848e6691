import NIOCore
import StoreServer
import TestSupport
import Testing

@Suite(.timed) struct JSONTests {
    @Test func readsEveryKindOfValue() throws {
        let value = try JSONParser.parse(#" {"a":[1,-2.50e+3,true,false,null,"x"],"b":{},"c":[]} "#)
        #expect(
            value
                == .object([
                    "a": .array([.number("1"), .number("-2.50e+3"), .bool(true), .bool(false), .null, .string("x")]),
                    "b": .object([:]), "c": .array([]),
                ]))
    }

    @Test(arguments: [
        (#""a\"b\\c\/d\n\t\u00e9""#, "a\"b\\c/d\n\té"), (#""😀""#, "😀"), (#""\ud83d\ude00""#, "😀"), (#""""#, ""),
    ])
    func readsStrings(text: String, string: String) throws {
        #expect(try JSONParser.parse(text) == .string(string))
    }

    @Test(arguments: [
        "", "{", "[1,]", "{\"a\":1,}", "{a:1}", "01", "1.", "-", ".5", "1e", "tru", "nul", "\"a", "\"\\x\"",
        "\"\\u12g4\"",
        "\"\\ud83d\"", "\"\\ud83dx\"", "\"\\udc00\"", "\"a\nb\"", "1 2", "NaN", "[1 2]", "{\"a\" 1}", "'a'",
        String(repeating: "[", count: 40) + String(repeating: "]", count: 40),
    ])
    func refusesWhatIsNotJSON(text: String) {
        #expect(throws: JSONSyntaxError.self) { try JSONParser.parse(text) }
    }

    @Test func refusesWhatIsNotUTF8() {
        #expect(throws: JSONSyntaxError.self) { try JSONParser.parse(bytes: [0x22, 0xFF, 0x22]) }
    }

    @Test func writesWhatItReads() throws {
        var writer = JSONWriter()
        let text = "a\"b\\c\n\r\t\u{1}é😀"
        writer.object {
            $0.member("text", text)
            $0.member("number", -7)
            $0.member("money", Money(cents: 1999_99))
            $0.name("list")
            $0.array([1, 2]) { writer, element in writer.number(element) }
            $0.member("yes", true)
        }
        let written = String(buffer: writer.buffer)
        #expect(
            written == #"{"text":"a\"b\\c\n\r\t\u0001é😀","number":-7,"money":1999.99,"list":[1,2],"yes":true}"#)
        guard case .object(let members) = try JSONParser.parse(written) else {
            Issue.record("not an object")
            return
        }
        #expect(members["text"] == .string(text))
    }
}
