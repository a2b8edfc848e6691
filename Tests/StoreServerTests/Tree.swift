import NIOCore
import StoreServer

/// Steps through JSON; what is not there is a tree without members.
struct Tree {
    let value: JSONValue?

    init(_ value: JSONValue?) {
        self.value = value
    }

    subscript(_ name: String) -> Tree {
        guard case .object(let members) = value else { return Tree(nil) }
        return Tree(members[name])
    }

    var exists: Bool { value != nil }

    var members: [(String, Tree)] {
        guard case .object(let members) = value else { return [] }
        return members.map { ($0.key, Tree($0.value)) }
    }

    var elements: [Tree] {
        guard case .array(let elements) = value else { return [] }
        return elements.map { Tree($0) }
    }

    /// Of a string or a number.
    var text: String {
        switch value {
        case .string(let text), .number(let text): text
        default: ""
        }
    }

    /// Calls `body` with each member of every object in it.
    func walk(_ body: (String, Tree) -> Void) {
        for (name, member) in members {
            body(name, member)
            member.walk(body)
        }
        for element in elements { element.walk(body) }
    }

    var json: String {
        var writer = JSONWriter()
        Self.write(value ?? .null, to: &writer)
        return String(decoding: writer.buffer.readableBytesView, as: UTF8.self)
    }

    private static func write(_ value: JSONValue, to writer: inout JSONWriter) {
        switch value {
        case .null: writer.null()
        case .bool(let value): writer.bool(value)
        case .number(let text): writer.raw(text)
        case .string(let text): writer.string(text)
        case .array(let elements): writer.array(elements) { write($1, to: &$0) }
        case .object(let members):
            writer.object { writer in
                for (name, member) in members {
                    writer.name(text: name)
                    write(member, to: &writer)
                }
            }
        }
    }
}
