import Foundation
import HTTPTypes
package import Hummingbird
import Logging
import Model
import NIOCore
import Reporting

/// Answers the requests of the pages, after the gate has let them in.
package struct WebResponder: HTTPResponder {
    package typealias Context = BasicRequestContext

    /// Bytes of a form at most: a definition of an experiment and what stands around it, encoded.
    private static let largestForm = 3_100_000

    let settings: WebSettings

    package init(_ settings: WebSettings) { self.settings = settings }

    package func respond(to request: Request, context: BasicRequestContext) async throws -> Response {
        var response = await answer(to: request)
        if request.method == .head { response.body = ResponseBody() }
        return response
    }

    private func turnedAway(_ refusal: Gate.Refusal, _ asked: Gate.Asked, _ request: Request) -> Response {
        let files = settings.templates.files
        let page = DoorPage(
            words: settings.templates.words(of: Visit(request, form: Form("")).language),
            style: (files["report.css"] ?? "") + (files["page.css"] ?? ""))
        let status: HTTPResponse.Status =
            switch refusal {
            case .host: .misdirectedRequest
            case .origin: .forbidden
            case .token: .unauthorized
            }
        return .door(page.markup(refusal, token: asked.token), status: status)
    }

    private func answer(to request: Request) async -> Response {
        let asked = Gate.Asked(request)
        if let refusal = settings.gate.refusal(of: asked) { return turnedAway(refusal, asked, request) }
        var form = Form("")
        if asked.changesSomething {
            guard request.method == .post else { return .text("", status: .methodNotAllowed) }
            guard let buffer = try? await request.body.collect(upTo: Self.largestForm) else {
                return .text("The form is too large.\n", status: .contentTooLarge)
            }
            form = Form(String(buffer: buffer))
        }
        let visit = Visit(request, form: form)
        var response = await Pages(settings: settings, visit: visit).answer()
        if visit.choosesLanguage { response = response.remembering(Visit.languageCookie, visit.language.rawValue) }
        if let token = settings.gate.token, request.cookies[Visit.tokenCookie]?.value != token {
            // Out of the address, which others may see, into a cookie.
            response = Response.see(visit.route.isEmpty ? "./" : visit.route)
                .remembering(Visit.tokenCookie, token, isSecret: true)
        }
        return response
    }
}
