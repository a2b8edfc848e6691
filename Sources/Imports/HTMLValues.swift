import Model

/// Hidden fields and `meta` elements of an HTML page.
enum HTMLValues {
    struct Element {
        var name: String
        var css: String
        var attribute: String
        var value: String
    }

    static func of(_ text: String) -> [Element] {
        guard text.contains("<input") || text.contains("<meta") || text.contains("<INPUT") else { return [] }
        var elements: [Element] = []
        for match in text.matches(of: /<(input|meta|INPUT|META)\s([^>]{1,4000})>/).prefix(2000) {
            let tag = match.output.1.lowercased()
            var attributes: [String: String] = [:]
            for pair in match.output.2.matches(of: /([A-Za-z_:-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))/) {
                let value = pair.output.2 ?? pair.output.3 ?? pair.output.4 ?? ""
                attributes[pair.output.1.lowercased()] = unescaped(String(value))
            }
            let attribute = tag == "input" ? "value" : "content"
            guard let name = attributes["name"], let value = attributes[attribute], !value.isEmpty,
                tag == "meta" || attributes["type"]?.lowercased() == "hidden"
            else { continue }
            let isWord = name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") }
            let css = "\(tag)[name=\(isWord ? name : "\"\(name)\"")]"
            guard ElementSelector(rawValue: css) != nil, !elements.contains(where: { $0.css == css }) else { continue }
            elements.append(Element(name: name, css: css, attribute: attribute, value: value))
        }
        return elements
    }

    private static func unescaped(_ text: String) -> String {
        text.replacing("&quot;", with: "\"").replacing("&#39;", with: "'").replacing("&#x27;", with: "'")
            .replacing("&lt;", with: "<").replacing("&gt;", with: ">").replacing("&#43;", with: "+")
            .replacing("&#x2B;", with: "+").replacing("&#x3D;", with: "=").replacing("&#61;", with: "=")
            .replacing("&amp;", with: "&")
    }
}
