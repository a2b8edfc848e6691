import LoadGenerator
import Model
import TestSupport
import Testing

@Suite(.timed) struct JSONScannerTests {
    private func scan(_ pieces: [[UInt8]], keys: [String] = []) -> (JSONScanner.Verdict, UInt64) {
        var scanner = JSONScanner()
        scanner.begin(wanting: keys.map { Array($0.utf8) })
        for piece in pieces { scanner.receive(piece.span) }
        return (scanner.verdict(), scanner.found)
    }

    private func verdict(_ text: String) -> JSONScanner.Verdict { scan([Array(text.utf8)]).0 }

    @Test(arguments: [
        "[]", " [ ] ", "[1,2.5,-0,1e3,-1.5E-7,0.1e+2]", "[[[]],{}]", "[\"\\u00e9\\n\\\"\",true,false,null]",
        "[{\"user_id\":1,\"total_expense\":1999.99},{\"user_id\":2,\"total_expense\":0}]", "\n[\"é\"]\t",
    ])
    func lists(text: String) {
        #expect(verdict(text) == .sound(kind: .list))
        #expect(scan(text.utf8.map { [$0] }).0 == .sound(kind: .list))
    }

    @Test(arguments: ["{}", "{\"a\":[1,{\"b\":null}],\"c\":\"}\"}", " {\"\" : { } } "])
    func objects(text: String) { #expect(verdict(text) == .sound(kind: .object)) }

    @Test(arguments: ["1", "-12.5e1", "\"x\"", "true", " null ", "0"])
    func otherValues(text: String) { #expect(verdict(text) == .sound(kind: nil)) }

    @Test(arguments: [
        "", " ", "[", "]", "{", "[1", "[1,]", "[,1]", "[1 2]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "{1:2}",
        "{\"a\":1]", "[1}", "[]]", "[] []", "01", "-", "1.", ".5", "1e", "1e+", "+1", "tru", "truee", "nul", "NaN",
        "\"", "\"\\x\"", "\"\\u12g4\"", "\"\u{1}\"", "<html>", "[1]x", "{\"a\"1}", "{\"a\":1 \"b\":2}", "'a'",
    ])
    func damage(text: String) {
        #expect(verdict(text) == .unsound)
        #expect(scan(text.utf8.map { [$0] }).0 == .unsound)
    }

    @Test func depthIsBounded() {
        let deepest = String(repeating: "[", count: 128) + String(repeating: "]", count: 128)
        #expect(verdict(deepest) == .sound(kind: .list))
        #expect(verdict("[" + deepest + "]") == .unsound)
    }

    @Test func keysAreFoundAtTheTopLevelOnly() {
        let keys = ["order_id", "inner", "é", "value", "😀"]
        let text =
            "{\"order_id\":17,\"x\":{\"inner\":1},\"y\":[{\"inner\":1}],\"\\u00e9\":\"value\",\"\\ud83d\\ude00\":1}"
        #expect(scan([Array(text.utf8)], keys: keys).1 == 0b10101)
        #expect(scan(text.utf8.map { [$0] }, keys: keys).1 == 0b10101)
        #expect(scan([Array("[{\"order_id\":1}]".utf8)], keys: keys).1 == 0)
        #expect(scan([Array("{\"order_ids\":1,\"order_i\":2}".utf8)], keys: keys).1 == 0)
    }

    @Test(arguments: [
        ("[]", false), ("{}", false), ("[ ]", false), ("\"\"", false), ("0", false), ("-0.0e7", false), ("null", false),
        ("false", false), ("[{\"message\":\"no\"}]", true), ("[0]", true), ("{\"a\":null}", true), ("\"no\"", true),
        ("\"\\n\"", true), ("1", true), ("-3", true), ("0.5", true), ("0.01e2", true), ("true", true),
    ])
    func aValueTellsOrSaysNothing(value: String, tells: Bool) {
        for text in ["{\"error\":\(value)}", "{\"a\":[1],\"error\": \(value) ,\"b\":{\"c\":\"d\"},\"e\":1}"] {
            let bytes = Array(text.utf8)
            for pieces in [[bytes], bytes.map { [$0] }] {
                var scanner = JSONScanner()
                scanner.begin(wanting: [Array("error".utf8)])
                for piece in pieces { scanner.receive(piece.span) }
                #expect(scanner.verdict() == .sound(kind: .object))
                #expect((scanner.telling == 1) == tells, "\(text)")
            }
        }
    }

    @Test func aScannerIsUsedAgain() {
        var scanner = JSONScanner()
        scanner.begin(wanting: [Array("a".utf8)])
        let first = Array("{\"a\":[[".utf8)
        scanner.receive(first.span)
        #expect(scanner.verdict() == .unsound)
        scanner.begin(wanting: [])
        let second = Array("[]".utf8)
        scanner.receive(second.span)
        #expect(scanner.verdict() == .sound(kind: .list))
        #expect(scanner.found == 0)
    }
}
