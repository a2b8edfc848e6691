import Foundation
import Model

/// Cuts a body or a path into text and what is drawn anew: `${random(1, 3)}`, `${random(1, users)}`,
/// `${choice(red, green)}`, `${uuid}`; `$$` stands for `$`.
struct BodyParser {
    let text: SourceText
    let file: String
    /// nil when `stack` has faults; any size will do then.
    let dataset: Dataset?

    func pieces() throws(DefinitionFault) -> [BodyTemplate.Piece] {
        var pieces: [BodyTemplate.Piece] = []
        var literal = String.UnicodeScalarView()
        let scalars = text.scalars
        var index = 0
        while index < scalars.count {
            let next = index + 1 < scalars.count ? scalars[index + 1] : nil
            guard scalars[index] == "$", next == "$" || next == "{" else {
                literal.append(scalars[index])
                index += 1
                continue
            }
            if next == "$" {
                literal.append("$")
                index += 2
                continue
            }
            guard let end = scalars[index...].firstIndex(of: "}") else {
                throw fault("\"${\" is not closed with \"}\"; write $$ for a dollar sign", at: index)
            }
            let drawn = try piece(String(String.UnicodeScalarView(scalars[(index + 2)..<end])), at: index)
            if !literal.isEmpty { pieces.append(.text(String(literal))) }
            literal = String.UnicodeScalarView()
            pieces.append(drawn)
            index = end + 1
        }
        // An editor's newline at the end of the file is no part of the body.
        while literal.last == "\n" || literal.last == "\r" { literal.removeLast() }
        if !literal.isEmpty { pieces.append(.text(String(literal))) }
        try checkJSON(pieces)
        return pieces
    }

    private func piece(_ placeholder: String, at index: Int) throws(DefinitionFault) -> BodyTemplate.Piece {
        let inner = placeholder.trimmed
        if inner == "uuid" { return .uuid }
        guard inner.hasPrefix("choice("), inner.hasSuffix(")") else {
            return .randomInteger(try range(placeholder, at: index))
        }
        let options = inner.dropFirst(7).dropLast().split(separator: ",", omittingEmptySubsequences: false)
        let texts = options.map { String($0).trimmed }
        guard texts.allSatisfy({ !$0.isEmpty }) else {
            throw fault("choice takes texts with commas between, for example ${choice(red, green)}", at: index)
        }
        return .choice(texts)
    }

    private func range(_ placeholder: String, at index: Int) throws(DefinitionFault) -> ClosedRange<Int> {
        let inner = placeholder.trimmed
        guard inner.hasPrefix("random("), inner.hasSuffix(")") else {
            throw fault(
                "unknown placeholder \"${\(placeholder.shortened)}\"; write for example ${random(1, users)}", at: index)
        }
        let arguments = inner.dropFirst(7).dropLast().split(separator: ",", omittingEmptySubsequences: false)
        guard arguments.count == 2 else {
            throw fault("random takes two bounds, for example ${random(1, 3)}", at: index)
        }
        let lower = try bound(String(arguments[0]).trimmed, at: index)
        let upper = try bound(String(arguments[1]).trimmed, at: index)
        guard lower <= upper else {
            throw fault(
                "the bounds of ${\(placeholder.shortened)} are the wrong way round: \(lower) to \(upper)", at: index)
        }
        return lower...upper
    }

    private func bound(_ text: String, at index: Int) throws(DefinitionFault) -> Int {
        switch text {
        case "users": return dataset?.users ?? 1_000_000
        case "products": return dataset?.products ?? 1_000_000
        default:
            if let value = try? Quantity.integer(text), value.magnitude <= 1_000_000_000 { return value }
            throw fault("\"\(text.shortened)\" is no bound; write a whole number, users or products", at: index)
        }
    }

    /// A body that is not JSON would fail at the first user already, which says nothing about the load.
    private func checkJSON(_ pieces: [BodyTemplate.Piece]) throws(DefinitionFault) {
        guard file.hasSuffix(".json") else { return }
        let sample = pieces.map { piece in
            switch piece {
            case .text(let text): text
            case .randomInteger(let range): "\(range.lowerBound)"
            case .choice(let texts): texts.first ?? ""
            case .uuid: "00000000-0000-4000-8000-000000000000"
            }
        }.joined()
        guard (try? JSONSerialization.jsonObject(with: Data(sample.utf8), options: .fragmentsAllowed)) != nil else {
            throw fault("not JSON once its placeholders are filled in", at: 0)
        }
    }

    private func fault(_ message: String, at index: Int) -> DefinitionFault {
        let place = text.place(of: index)
        return DefinitionFault(file: file, line: place.line, column: place.column, message: message)
    }
}
