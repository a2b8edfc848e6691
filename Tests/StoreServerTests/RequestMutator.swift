/// Makes requests that are wrong in every way it knows, and some that are right.
struct RequestMutator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 0x1234_5678_9ABC_DEF1
    }

    private mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }

    mutating func number(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + Int(next() % UInt64(range.count))
    }

    private mutating func pick(_ choices: [String]) -> String { choices[number(0...choices.count - 1)] }

    private mutating func chance(_ percent: Int) -> Bool { number(1...100) <= percent }

    mutating func request() -> [UInt8] {
        if chance(2) { return (0..<number(1...200)).map { _ in UInt8(truncatingIfNeeded: next()) } }
        if chance(60) { return wellFramed() }
        let body = mutatedBody()
        let framing = chance(70) ? "Content-Length: \(body.utf8.count + (chance(5) ? number(-3...3) : 0))\r\n" : ""
        let chunked = framing.isEmpty && chance(70)
        let head =
            pick(Self.methods) + " " + pick(Self.paths) + " " + pick(Self.versions) + "\r\n" + pick(Self.hosts)
            + pick(Self.types) + framing + (chunked ? "Transfer-Encoding: chunked\r\n" : "") + pick(Self.headers)
            + "\r\n"
        var bytes = Array((head + (chunked ? chunks(of: body) : body)).utf8)
        if chance(25) { mutate(&bytes) }
        return bytes
    }

    /// What is wrong with it, if anything, only a route can find.
    private mutating func wellFramed() -> [UInt8] {
        let body = mutatedBody()
        let head =
            pick(Self.routes) + " HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: "
            + "\(body.utf8.count)\r\n\r\n"
        return Array((head + body).utf8)
    }

    private mutating func mutatedBody() -> String {
        if chance(20) { return "" }
        var bytes = Array(pick(Self.bodies).utf8)
        if chance(50) { mutate(&bytes) }
        return String(decoding: bytes, as: UTF8.self)
    }

    private mutating func chunks(of body: String) -> String {
        let size =
            chance(90)
            ? String(body.utf8.count, radix: 16) : pick(["", "zz", "-1", "ffffffffffffffffff", "0x5", "5;a=b"])
        return size + "\r\n" + body + "\r\n0\r\n" + (chance(90) ? "\r\n" : pick(["X: y\r\n\r\n", "\r", ""]))
    }

    /// Changes, takes out, repeats or inserts a few bytes.
    private mutating func mutate(_ bytes: inout [UInt8]) {
        for _ in 0..<number(1...4) where !bytes.isEmpty {
            let place = number(0...bytes.count - 1)
            switch number(0...3) {
            case 0: bytes[place] = UInt8(truncatingIfNeeded: next())
            case 1: bytes.removeSubrange(place..<min(bytes.count, place + number(1...8)))
            case 2: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + number(1...30))], at: place)
            default: bytes.insert(contentsOf: pick(Self.splinters).utf8, at: place)
            }
        }
    }

    private static let methods = [
        "GET", "GET", "POST", "POST", "POST", "POST", "DELETE", "PUT", "PATCH", "HEAD", "OPTIONS", "TRACE", "CONNECT",
        "BREW", "get", "PROPFIND", "", "G\u{0}T",
    ]
    private static let routes = [
        "POST /orders", "POST /orders", "POST /products", "POST /users", "POST /stocks", "POST /stocks/graphql-query",
        "GET /orders/1", "GET /orders/reports/highest-spenders", "DELETE /orders/0", "DELETE /orders/1e3",
        "PUT /orders", "GET /stocks/reports/overview-stocks?x=%00", "HEAD /products/1", "GET /users/%31",
    ]
    private static let paths = [
        "/orders", "/orders", "/orders/1", "/orders/00", "/orders/-1", "/orders/99999999999999999999", "/orders/%31",
        "/orders/%zz", "/products", "/products/1", "/users", "/users/1", "/stocks", "/stocks/1",
        "/stocks/graphql-query", "/stocks/graphql-query", "/orders/reports/best-sellers", "/metrics", "/openapi.json",
        "/health-check", "//", "/../../etc/passwd", "*", "http://a/orders", "/orders?a=%00", "/é", "", "/orders/1/2/3",
    ]
    private static let versions = [
        "HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/2.0", "HTTP/9.9", "HTP", "",
    ]
    private static let hosts = ["Host: a\r\n", "Host: a\r\n", "Host: a\r\n", "Host: a\r\n", "", "Host: \u{1}\r\n"]
    private static let types = [
        "Content-Type: application/json\r\n", "Content-Type: application/json\r\n", "", "Content-Type: text/plain\r\n",
        "Content-Type: \r\n",
    ]
    private static let headers = [
        "", "", "", "", "Expect: 100-continue\r\n", "Connection: close\r\n", "Connection: Upgrade\r\nUpgrade: h2c\r\n",
        "Content-Length: 5\r\nContent-Length: 6\r\n", "Transfer-Encoding: gzip\r\n", " folded: x\r\n", "X\r\n",
        "X-Request-ID: \u{7F}\r\n",
    ]
    private static let bodies = [
        #"{"user_id":1,"items":[{"product_id":1,"quantity":2}]}"#, #"{"user_id":1e400,"items":[{}]}"#,
        #"{"name":"a","sku":"b","price":5.75}"#, #"{"name":"\ud800","sku":"\u0000","price":-0}"#,
        #"{"name":"a","email":"a@b"}"#, #"{"product_id":1,"quantity":-5}"#, #"{"product_id":1,"product_id":"1"}"#,
        #"{"query":"{ product(id: \"1\") { id ...F } } fragment F on Product { name }","variables":{}}"#,
        #"{"query":"query Q($a: [String!]! = [\"\"\"x\"\"\"]) { __schema { types { name } } }","operationName":"Q"}"#,
        "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", "\u{FEFF}{}", "nul", "\"", "99999999999999999999999999",
    ]
    private static let splinters = [
        "\u{0}", "\"", "{", "}", "[", "\r\n", "\n", "\\u", "\\ud800", "1e999", "-", "é", "\u{2028}", "0", "$", "...",
        "@", ":",
        "\r\n\r\n",
    ]
}
