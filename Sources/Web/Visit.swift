import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Reporting

/// A request as the pages see it.
struct Visit: Sendable {
    var method: HTTPRequest.Method
    /// The last part of the path: the pages lie side by side, so that they work below any path that a proxy puts before it.
    var route: String
    var query: Form
    /// Of a request that changes something; else empty.
    var form: Form
    var language: Language
    /// The language was asked for in the link, and is to be remembered.
    var choosesLanguage: Bool

    static let languageCookie = "storelab-language"
    static let tokenCookie = "storelab-token"

    init(_ request: Request, form: Form) {
        method = request.method
        route = request.uri.path.split(separator: "/", omittingEmptySubsequences: false).last.map(String.init) ?? ""
        query = Form(request.uri.query ?? "")
        self.form = form
        let chosen = query["lang"].flatMap(Self.language)
        choosesLanguage = chosen != nil
        let remembered = request.cookies[Self.languageCookie].flatMap { Self.language($0.value) }
        let preferred = request.headers[.acceptLanguage]?.lowercased().hasPrefix("fr") == true
        language = chosen ?? remembered ?? (preferred ? .french : .english)
    }

    /// The pages have complete languages only.
    private static func language(_ code: String) -> Language? {
        Language(rawValue: code).flatMap { Language.allCases.contains($0) ? $0 : nil }
    }

    /// The query of a link to the same page in another language.
    func query(in language: Language) -> String {
        let others = query.fields.filter { $0.name != "lang" && $0.name != "token" }
        return (others + [("lang", language.rawValue)])
            .map { "\(Form.encoded($0.name))=\(Form.encoded($0.value))" }.joined(separator: "&")
    }
}

extension Gate.Asked {
    init(_ request: Request) {
        self.init(
            changesSomething: request.method != .get && request.method != .head, host: request.head.authority,
            origin: request.headers[.origin], site: HTTPField.Name("Sec-Fetch-Site").flatMap { request.headers[$0] },
            // Of a link first: a cookie may be left from when there was another token.
            token: Form(request.uri.query ?? "")["token"] ?? request.cookies[Visit.tokenCookie]?.value)
    }
}
