import LoadGenerator
import Model
import TestSupport
import Testing

/// The cookies of a user (RFC 6265).
@Suite(.timed) struct CookieTests {
    private static let origin = Origin(Endpoint(host: "shop.example.com", port: 80))

    private func sent(
        _ fields: [String], from target: String = "/a/login?x=/y", to request: String = "/a/me", secure: Bool = false,
        at now: Int = 1000
    ) -> String {
        var jar = CookieJar()
        for field in fields {
            jar.store(Array(field.utf8), from: Self.origin, target: Array(target.utf8), now: 1000)
        }
        return String(decoding: jar.field(for: Array(request.utf8), secure: secure, now: now), as: UTF8.self)
    }

    @Test(arguments: [
        (["sid=1; Path=/; HttpOnly; SameSite=Lax", "lang=fr"], "Cookie: lang=fr; sid=1\r\n"),
        (["a=1", "b=\"x y\"", "a=2"], "Cookie: a=2; b=\"x y\"\r\n"), (["a=1", "a=; Max-Age=0"], ""),
        (["a=1; path=/A"], ""), (["a=1; path=/a"], "Cookie: a=1\r\n"), (["a=1; path=/a/m"], ""),
        (["a=1; path=b"], "Cookie: a=1\r\n"), (["=1", "a", "", ";"], ""), (["a="], "Cookie: a=\r\n"),
        (["a=1; Domain=example.com"], "Cookie: a=1\r\n"), (["a=1; domain=.Shop.example.com"], "Cookie: a=1\r\n"),
        (["a=1; Domain=other.com"], ""), (["a=1; Domain=hop.example.com"], ""), (["a=1; Secure"], ""),
        (["a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT"], ""),
        (["a=1; Expires=Thu, 01 Jan 1970 00:16:41 GMT"], "Cookie: a=1\r\n"),
        (["a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=10"], "Cookie: a=1\r\n"),
        (["a=b=c; max-age=nonsense"], "Cookie: a=b=c\r\n"), (["a=1\u{1}"], ""),
    ])
    func aRequestHasTheCookiesThatFit(fields: [String], field: String) { #expect(sent(fields) == field) }

    @Test func cookiesEndAndAreKeptFromPlainConnections() {
        #expect(sent(["a=1; Max-Age=10"], at: 1009) == "Cookie: a=1\r\n")
        #expect(sent(["a=1; Max-Age=10"], at: 1010) == "")
        #expect(sent(["a=1; Secure"], secure: true) == "Cookie: a=1\r\n")
        #expect(sent(["a=1"], to: "/ab") == "" && sent(["a=1"], to: "/a?b") == "Cookie: a=1\r\n")
        let many = (0..<60).map { "c\($0)=1" }
        #expect(sent(many).hasPrefix("Cookie: c10=1; c11=1"))
    }

    @Test(
        arguments: [
            ("Wed, 09 Jun 2021 10:18:14 GMT", 1_623_233_894), ("Wednesday, 09-Jun-21 10:18:14 GMT", 1_623_233_894),
            ("Wed Jun  9 10:18:14 2021", 1_623_233_894), ("29 Feb 2024 00:00:00", 1_709_164_800), ("soon", nil),
            ("Wed, 09 Jun 2021 25:18:14 GMT", nil),
        ] as [(String, Int?)])
    func datesAreReadInEveryForm(text: String, seconds: Int?) {
        #expect(CookieDate.seconds(Array(text.utf8)) == seconds)
    }

    @Test(
        arguments: [
            ("input[name=csrf]", "value", "to&k\"1"), ("#t", "data-x", "y"),
            ("meta[name=\"csrf-token\"]", "content", "m"),
            (".b.c", nil, "some text"), ("[hidden]", "id", "h"), ("input[name=none]", "value", nil),
            ("input[name=csrf]", "none", nil), ("textarea", nil, "<b>no markup"),
        ] as [(String, String?, String?)])
    func elementsAreFoundInPages(selector: String, attribute: String?, value: String?) throws {
        let page = """
            <!-- <input name="csrf" value="comment"> --><!DOCTYPE html><META NAME='csrf-token' Content=m />
            <script>document.write('<input name="csrf" value="script">')</script>
            <a title='<input name="csrf" value="attribute">' href=/x>x</a>
            <input type=hidden name = csrf value="to&amp;k&#x22;&#49;"><p id=t data-x = 'y'><i hidden id=h>
            <div class="a b  c"> some text </div><textarea>&lt;b>no markup</textarea>
            """
        var reader = MarkupReader(Array(page.utf8))
        let found = reader.value(of: try #require(ElementSelector(rawValue: selector)), attribute: attribute)
        #expect(found.map { String(decoding: $0, as: UTF8.self) } == value)
    }

    @Test(arguments: ["", "a b", "a>b", "[", "[a", "[=x]", "a,b", ".", "#", "a:"])
    func whatIsNoSelectorIsRefused(text: String) { #expect(text == "a:" || ElementSelector(rawValue: text) == nil) }
}
