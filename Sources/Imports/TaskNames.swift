/// Names of tasks: letters, digits, dashes and underscores.
enum TaskNames {
    static func name(of request: SourceRequest) -> String {
        if let name = request.name.map(cleaned), !name.isEmpty { return name }
        let path = Marked.mapped(SourceURL.path(of: request.target), text: { $0 }, placeholder: { $0 })
        let name = cleaned(request.method.lowercased() + path.split(separator: "/").map { "-" + $0 }.joined())
        return name.isEmpty ? "request" : name
    }

    static func cleaned(_ text: String) -> String {
        var output = ""
        for character in text.prefix(200) {
            if character.isASCII, character.isLetter || character.isNumber || character == "_" && !output.isEmpty {
                output.append(character)
            } else if !output.isEmpty, output.last != "-" {
                output.append("-")
            }
        }
        output = String(output.prefix(55))
        while output.last == "-" || output.last == "_" { output.removeLast() }
        return output
    }
}
