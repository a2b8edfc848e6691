import HTTPTypes
import Hummingbird
import NIOCore

/// Answers with what every one of them has.
extension Response {
    /// Nothing is loaded from elsewhere, no script or style stands in a page, and no other page may hold this one. Images of
    /// charts are made of what the page holds.
    private static let policy =
        "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
    /// A report is a page of its own: it has its style in it, and neither scripts nor forms.
    private static let reportPolicy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"

    /// As a report it has its style in it; and a form, which leads nowhere else.
    private static let doorPolicy =
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

    static func page(_ markup: Markup, status: HTTPResponse.Status = .ok) -> Response {
        text(markup.text, type: "text/html; charset=utf-8", status: status)
    }

    static func text(
        _ text: String, type: String = "text/plain; charset=utf-8", status: HTTPResponse.Status = .ok
    ) -> Response {
        bytes(ByteBuffer(string: text), type: type, policy: policy, status: status)
    }

    static func door(_ markup: Markup, status: HTTPResponse.Status) -> Response {
        bytes(ByteBuffer(string: markup.text), type: "text/html; charset=utf-8", policy: doorPolicy, status: status)
    }

    static func product(_ bytes: [UInt8], type: String) -> Response {
        self.bytes(ByteBuffer(bytes: bytes), type: type, policy: reportPolicy, status: .ok)
    }

    /// To another page, which is then asked for by GET.
    static func see(_ route: String) -> Response {
        var response = text("", status: .seeOther)
        response.headers[.location] = route
        return response
    }

    static func events(_ body: ResponseBody) -> Response {
        var headers = fields("text/event-stream", policy)
        // For nginx, which would else hold back what it has not read whole.
        if let name = HTTPField.Name("X-Accel-Buffering") { headers[name] = "no" }
        return Response(status: .ok, headers: headers, body: body)
    }

    private static func bytes(
        _ buffer: ByteBuffer, type: String, policy: String, status: HTTPResponse.Status
    ) -> Response {
        Response(status: status, headers: fields(type, policy), body: ResponseBody(byteBuffer: buffer))
    }

    private static func fields(_ type: String, _ policy: String) -> HTTPFields {
        var headers: HTTPFields = [
            .contentType: type, .contentSecurityPolicy: policy, .cacheControl: "no-store",
            .xContentTypeOptions: "nosniff",
        ]
        // Without any referrer browsers would not name the origin of a form either, by which ours are known.
        for (name, value) in [
            ("Referrer-Policy", "same-origin"), ("Cross-Origin-Resource-Policy", "same-origin"),
            ("Cross-Origin-Opener-Policy", "same-origin"), ("X-Frame-Options", "DENY"),
        ] {
            if let name = HTTPField.Name(name) { headers[name] = value }
        }
        return headers
    }

    /// - Parameter isSecret: no script may read it.
    func remembering(_ name: String, _ value: String, isSecret: Bool = false) -> Response {
        var response = self
        let cookie = "\(name)=\(value); Path=/; SameSite=Strict; Max-Age=31536000\(isSecret ? "; HttpOnly" : "")"
        response.headers.append(HTTPField(name: .setCookie, value: cookie))
        return response
    }
}
