import Model

/// Reads what a task's request carries: `body`, `text`, `form`, `multipart` or `file`.
struct BodyDecoder {
    let log: FaultLog
    let files: BodyFile

    typealias Body = (bodies: [BodyTemplate], type: String?)

    /// - Returns: the bodies, and the content type that they have where the task names none.
    func body(_ fields: Fields, method: HTTPMethod?) -> Body? {
        let given = DefinitionKeys.bodies.compactMap(fields.entry)
        guard let entry = given.first else { return ([], nil) }
        for other in given.dropFirst() {
            log.add("a request has one body; \"\(other.key)\" is the second", at: other.keyPlace)
        }
        let isNamed = fields.entry("request") != nil
        if let method, method == .head || method == .get && !isNamed {
            log.add("\(entry.key): a \(method.rawValue) request has none", at: entry.keyPlace)
        }
        switch entry.key {
        case "text": return text(entry).map { ([BodyTemplate(share: 1, pieces: $0)], nil) }
        case "form": return single(form(entry.value), type: "application/x-www-form-urlencoded")
        case "multipart": return single(multipart(entry.value), type: MultipartBody.type)
        case "file": return single(file(entry), type: "application/octet-stream")
        default: return bodies(entry).map { ($0, nil) }
        }
    }

    private func single(_ pieces: [BodyTemplate.Piece]?, type: String) -> Body? {
        pieces.map { ([BodyTemplate(share: 1, pieces: $0)], type) }
    }

    private func file(_ entry: YAMLValue.Entry) -> [BodyTemplate.Piece]? {
        do throws(Unreadable) {
            return [.file(try files.reference(entry.value.scalar("a file's name")))]
        } catch {
            log.add("file: \(error.message)", at: entry.value.place)
            return nil
        }
    }

    /// What stands in the definition itself.
    private func text(_ entry: YAMLValue.Entry) -> [BodyTemplate.Piece]? {
        do throws(Unreadable) {
            return try files.pieces(inline: entry.value.written())
        } catch {
            log.add("text: \(error.message)", at: entry.value.place)
            return nil
        }
    }

    /// Names with their values, or with lists of such.
    private func form(_ value: YAMLValue) -> [BodyTemplate.Piece]? {
        let fields = value.entries(of: "form", log: log)?.each(log) { entry throws(Unreadable) in
            let values: [YAMLValue] = if case .list(let values) = entry.value.content { values } else { [entry.value] }
            guard values.count <= 100 else { throw Unreadable("more than 100 values") }
            var fields: [[BodyTemplate.Piece]] = []
            for value in values {
                let pieces = try files.pieces(inline: value.written())
                fields.append([.text(entry.key.formEncoded + "=")] + pieces.map(\.formEncoded))
            }
            return fields
        }
        return fields.map { Array($0.joined().joined(separator: [.text("&")])) }
    }

    private func multipart(_ value: YAMLValue) -> [BodyTemplate.Piece]? {
        let parts = value.entries(of: "multipart", log: log)?.each(log) { entry throws(Unreadable) in
            guard case .mapping(let settings) = entry.value.content else {
                return MultipartBody.Part(name: entry.key, content: try files.pieces(inline: entry.value.written()))
            }
            let known = DefinitionKeys.formPart
            if let strange = settings.first(where: { !known.contains($0.key) }) {
                let advice = NearestName.advice(for: strange.key, among: known)
                throw Unreadable("unknown key \"\(strange.key.shortened)\"; \(advice)")
            }
            func setting(_ key: String) throws(Unreadable) -> String? {
                try settings.last { $0.key == key }.map { entry throws(Unreadable) in try entry.value.line(longest: 200)
                }
            }
            if let text = settings.last(where: { $0.key == "text" }) {
                guard !settings.contains(where: { $0.key == "file" }) else {
                    throw Unreadable("a part is a text, or has a file, and not both")
                }
                return MultipartBody.Part(
                    name: entry.key, content: try files.pieces(inline: text.value.written()),
                    fileName: try setting("filename"), type: try setting("type"))
            }
            guard let path = try setting("file") else { throw Unreadable("a part is text, or has a file") }
            let name = try setting("filename") ?? path.split(separator: "/").last.map(String.init) ?? path
            return MultipartBody.Part(
                name: entry.key, content: [.file(try files.reference(path))], fileName: name,
                type: try setting("type") ?? "application/octet-stream")
        }
        return parts.map(MultipartBody.pieces)
    }

    private func bodies(_ entry: YAMLValue.Entry) -> [BodyTemplate]? {
        switch entry.value.content {
        case .broken: return nil
        case .scalar, .list:
            return files.pieces(of: entry.value, named: "body").map { [BodyTemplate(share: 1, pieces: $0)] }
        case .mapping(let entries):
            var total = 0.0
            let bodies = entries.map { file -> BodyTemplate? in
                let name = YAMLValue(place: file.keyPlace, content: .scalar(file.key, quoted: true))
                let pieces = files.pieces(of: name, named: "body")
                do throws(Unreadable) {
                    let share = try file.value.share(in: 0...1)
                    total += share
                    return pieces.map { BodyTemplate(share: share, pieces: $0) }
                } catch {
                    log.add("\(file.key.shortened): \(error.message)", at: file.value.place)
                    return nil
                }
            }
            guard bodies.allSatisfy({ $0 != nil }) else { return nil }
            if abs(total - 1) > 0.000_1 {
                let sum = Quantity.written(share: total)
                log.add("body: the shares add up to \(sum); they must add up to 100%", at: entry.value.place)
            }
            return bodies.compactMap(\.self)
        }
    }
}

extension YAMLValue {
    /// A value of a form: any text, numbers and the like as they are written, and nothing as no text.
    fileprivate func written() throws(Unreadable) -> String {
        guard case .scalar(let text, _) = content else { throw Unreadable("expected text, found \(found)") }
        guard text.utf8.count <= 65_536 else { throw Unreadable("longer than 64 KiB; put it into a file") }
        return isNothing ? "" : text
    }
}

extension BodyTemplate.Piece {
    /// In a form the definition's own text is a value like any other.
    fileprivate var formEncoded: BodyTemplate.Piece {
        switch self {
        case .text(let text): .text(text.formEncoded)
        case .choice(let texts): .choice(texts.map(\.formEncoded))
        case .randomInteger, .uuid, .sequence, .column, .variable, .file: self
        }
    }
}

extension String {
    /// For `application/x-www-form-urlencoded` (URL standard, section 5.2).
    fileprivate var formEncoded: String {
        utf8.map { byte in
            switch byte {
            case 0x20: "+"
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2A, 0x2D, 0x2E, 0x5F: String(UnicodeScalar(byte))
            default:
                "%" + String(byte >> 4, radix: 16, uppercase: true) + String(byte & 0xF, radix: 16, uppercase: true)
            }
        }.joined()
    }
}
