extension GraphQL.Response {
    /// - Parameter query: the request's text, in which errors have their lines and columns.
    package func write(to writer: inout JSONWriter, query: String) {
        writer.object { writer in
            writer.name("data")
            data.write(to: &writer)
            writer.name("errors")
            guard !failures.isEmpty else { return writer.null() }
            writer.array(failures) { $1.write(to: &$0, query: query) }
        }
    }
}

extension GraphQL.Output {
    fileprivate func write(to writer: inout JSONWriter) {
        switch self {
        case .null: writer.null()
        case .int(let number): writer.number(number)
        case .decimal(let amount): writer.number(amount)
        case .string(let text): writer.string(text)
        case .boolean(let value): writer.bool(value)
        case .list(let elements): writer.array(elements) { $1.write(to: &$0) }
        case .object(let members):
            writer.object { writer in
                for member in members {
                    writer.name(text: member.name)
                    member.value.write(to: &writer)
                }
            }
        }
    }
}

extension GraphQL.Failure {
    fileprivate func write(to writer: inout JSONWriter, query: String) {
        writer.object { writer in
            writer.member("message", message)
            if !offsets.isEmpty {
                writer.name("locations")
                writer.array(offsets) { writer, offset in
                    let (line, column) = Self.position(of: offset, in: query)
                    writer.object {
                        $0.member("line", line)
                        $0.member("column", column)
                    }
                }
            }
            if let path {
                writer.name("path")
                writer.array(path) { writer, element in
                    switch element {
                    case .name(let name): writer.string(name)
                    case .index(let index): writer.number(index)
                    }
                }
            }
            if let code {
                writer.name("extensions")
                writer.object { $0.member("code", code) }
            }
        }
    }

    /// Both count from 1; columns are characters.
    private static func position(of offset: Int, in text: String) -> (line: Int, column: Int) {
        var line = 1
        var column = 1
        var previous: UInt8 = 0
        for byte in text.utf8.prefix(offset) {
            switch byte {
            // The second half of CR LF begins no other line.
            case 0x0A where previous == 0x0D: break
            case 0x0A, 0x0D: (line, column) = (line + 1, 1)
            // The later bytes of a character.
            case 0x80...0xBF: break
            default: column += 1
            }
            previous = byte
        }
        return (line, column)
    }
}
