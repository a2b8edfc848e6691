/// Refuses, before it is parsed, a text whose parsing could cost more than its size: aliases, which multiply, and
/// nesting, which uses up the stack.
enum YAMLSafety {
    /// An experiment needs six levels.
    static let deepest = 32

    static func check(_ text: SourceText, file: String) -> DefinitionFault? {
        let found = tooDeep(text.scalars) ?? alias(text.scalars)
        return found.map { index, message in
            let place = text.place(of: index)
            return DefinitionFault(file: file, line: place.line, column: place.column, message: message)
        }
    }

    /// The first alias whose anchor stands in the same text. A lone `*` or `&`, as in a formula or an address, is neither.
    private static func alias(_ scalars: [Unicode.Scalar]) -> (Int, String)? {
        let anchors = Set(marked("&", in: scalars).map(\.name))
        guard !anchors.isEmpty else { return nil }
        guard let alias = marked("*", in: scalars).first(where: { anchors.contains($0.name) }) else { return nil }
        return (alias.index, "aliases (*\(alias.name)) are not allowed; write the value out")
    }

    private static func marked(
        _ mark: Unicode.Scalar, in scalars: [Unicode.Scalar]
    ) -> [(index: Int, name: String)] {
        var found: [(index: Int, name: String)] = []
        for (index, scalar) in scalars.enumerated() where scalar == mark {
            guard index == 0 || isBeforeNode(scalars[index - 1]) else { continue }
            let name = scalars[(index + 1)...].prefix(while: isName)
            guard !name.isEmpty else { continue }
            found.append((index, String(String.UnicodeScalarView(name))))
        }
        return found
    }

    private static func isBeforeNode(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isWhitespace || "[]{},:-?\"'\u{FEFF}".unicodeScalars.contains(scalar)
    }

    static func isName(_ scalar: Unicode.Scalar) -> Bool {
        scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
            || scalar == "_" || scalar == "-"
    }

    private static func tooDeep(_ scalars: [Unicode.Scalar]) -> (Int, String)? {
        var depth = 0
        var dashes = 0
        var lineIsBlank = true
        var inComment = false
        for (index, scalar) in scalars.enumerated() {
            switch scalar {
            case "\n", "\r":
                (lineIsBlank, inComment, dashes) = (true, false, 0)
            case _ where inComment: continue
            case "#" where index == 0 || scalars[index - 1].properties.isWhitespace: inComment = true
            case "[", "{":
                lineIsBlank = false
                depth += 1
            case "]", "}": depth = max(0, depth - 1)
            case "-", "?":
                if lineIsBlank { dashes += 1 }
            case " ": continue
            default: lineIsBlank = false
            }
            if depth > deepest || dashes > deepest && index + 1 < scalars.count && scalars[index + 1] == " " {
                return (index, tooDeepMessage)
            }
        }
        return nil
    }

    static let tooDeepMessage = "nested more than \(deepest) levels deep; an experiment needs six"
}
