import Hummingbird
import Reporting

/// What those see whom the gate does not let in. It has its style in it, since nothing else is given to them.
struct DoorPage {
    let words: WebWords
    let style: String

    /// - Parameter token: that was given; nil for none.
    func markup(_ refusal: Gate.Refusal, token: String?) -> Markup {
        switch refusal {
        case .host: page("refusedHost", "<p>\(words("refusedHostHint"))</p>")
        case .origin: page("refusedOrigin", "<p>\(words("refusedOriginHint"))</p>")
        case .token:
            page(
                "refusedToken",
                """
                \(wrong(token))
                <p>\(words("refusedTokenHint"))</p>
                <form method="get"><p class="row"><label for="token">\(words("token"))</label>
                <input id="token" name="token" required autocomplete="off" autocapitalize="off" spellcheck="false">
                <button class="button">\(words("enter"))</button></p></form>
                """)
        }
    }

    private func wrong(_ token: String?) -> Markup {
        guard token?.isEmpty == false else { return .none }
        return "<p class=\"alarm box\" role=\"alert\">\(words("wrongToken"))</p>"
    }

    private func page(_ title: String, _ content: Markup) -> Markup {
        """
        <!doctype html>
        <html lang="\(words.language.rawValue)">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>\(words(title)) · StoreLab</title>
        <link rel="icon" href="data:,">
        <style>
        \(Markup(html: style))
        </style>
        </head>
        <body>
        <header class="top"><span class="brand">StoreLab</span></header>
        <main>
        <h1>\(words(title))</h1>
        \(content)
        </main>
        </body>
        </html>
        """
    }
}
