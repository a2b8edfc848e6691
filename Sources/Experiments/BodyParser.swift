import Foundation
import Model

/// Cuts a body, a path or a header into text and placeholders; `$$` stands for `$`.
struct BodyParser {
    let text: SourceText
    let file: String
    let placeholders: Placeholder

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
            let drawn: BodyTemplate.Piece
            do throws(Unreadable) {
                drawn = try placeholders.piece(String(String.UnicodeScalarView(scalars[(index + 2)..<end])))
            } catch {
                throw fault(error.message, at: index)
            }
            if !literal.isEmpty { pieces.append(.text(String(literal))) }
            literal = String.UnicodeScalarView()
            pieces.append(drawn)
            index = end + 1
        }
        // An editor's newline at the end of the file is no part of the body.
        while !file.isEmpty, literal.last == "\n" || literal.last == "\r" { literal.removeLast() }
        if !literal.isEmpty { pieces.append(.text(String(literal))) }
        try checkJSON(pieces)
        return pieces
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
            case .sequence(let start): "\(start)"
            case .variable: "0"
            case .file: ""
            case .column(let column): Self.escaped(column.values.first ?? "")
            }
        }.joined()
        guard (try? JSONSerialization.jsonObject(with: Data(sample.utf8), options: .fragmentsAllowed)) != nil else {
            throw fault("not JSON once its placeholders are filled in", at: 0)
        }
    }

    /// As the load generator writes it within a JSON text.
    private static func escaped(_ value: String) -> String {
        value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing(#/[\x00-\x1F]/#, with: " ")
    }

    private func fault(_ message: String, at index: Int) -> DefinitionFault {
        let place = text.place(of: index)
        return DefinitionFault(file: file, line: place.line, column: place.column, message: message)
    }
}
