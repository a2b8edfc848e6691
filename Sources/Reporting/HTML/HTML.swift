/// Text made safe for use in HTML and SVG.
package enum HTML {
    package static func escaped(_ text: String) -> String {
        guard text.utf8.contains(where: { "&<>\"".utf8.contains($0) || $0 < 0x20 || $0 == 0xEF }) else { return text }
        var result = ""
        for character in text.unicodeScalars {
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "\n": result += "\n"
            // What XML does not allow.
            case _ where character.value < 0x20, "\u{FFFE}", "\u{FFFF}": result += " "
            default: result.unicodeScalars.append(character)
            }
        }
        return result
    }
}
