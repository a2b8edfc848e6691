extension SourceRequest {
    /// Every text of it in which placeholders may stand.
    private var texts: [String] {
        var texts = [target] + headers.map(\.value)
        switch body {
        case .text(let text): texts.append(text)
        case .form(let fields): texts += fields.map(\.value)
        case .multipart(let parts): texts += parts.map(\.value)
        case .bytes, nil: break
        }
        return texts
    }

    /// Names of the values that it needs of other tasks.
    var needs: Set<String> {
        var names: Set<String> = []
        for text in texts {
            _ = Marked.mapped(text, text: { $0 }) { expression in
                if !expression.contains("("), expression != "uuid", expression != "sequence" {
                    names.insert(expression)
                }
                return ""
            }
        }
        return names
    }

    func exchanging(_ old: String, for new: String) -> SourceRequest {
        var request = self
        request.target = target.replacing(old, with: new)
        request.headers = headers.map { Field(name: $0.name, value: $0.value.replacing(old, with: new)) }
        switch body {
        case .text(let text): request.body = .text(text.replacing(old, with: new))
        case .form(let fields):
            request.body = .form(fields.map { Field(name: $0.name, value: $0.value.replacing(old, with: new)) })
        case .multipart(let parts):
            request.body = .multipart(
                parts.map { part in
                    var part = part
                    part.value = part.value.replacing(old, with: new)
                    return part
                })
        case .bytes, nil: break
        }
        return request
    }
}
