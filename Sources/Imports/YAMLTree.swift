import Foundation
import Yams

/// Reads a document of YAML as a `Tree`.
enum YAMLTree {
    /// Descriptions of interfaces that are larger exist as JSON too.
    static let largest = 20_000_000
    private static let deepest = 200

    struct Failure: Error {
        var message: String
        var nextStep: String?
    }

    static func tree(_ text: String) throws(Failure) -> Tree {
        guard text.utf8.count <= largest else {
            throw Failure(message: "it is YAML of more than 20 MB", nextStep: "Convert it to JSON.")
        }
        if let failure = unsafe(text) { throw failure }
        let node: Node?
        do {
            node = try Parser(yaml: text, resolver: .default, encoding: .utf8).singleRoot()
        } catch {
            let what = "\(error)".split(separator: "\n").first.map(String.init) ?? "\(error)"
            throw Failure(message: "it is neither JSON nor YAML: \(what.prefix(200))")
        }
        guard let node else { throw Failure(message: "the document is empty") }
        return try tree(node, depth: 0)
    }

    /// What would cost more to read than its size: aliases, which multiply, and nesting, which uses up the stack.
    private static func unsafe(_ text: String) -> Failure? {
        let tooDeep = Failure(message: "nested more than \(deepest) levels deep")
        var depth = 0
        var dashes = 0
        var indentation = 0
        var lineIsBlank = true
        var inComment = false
        var before: UInt8 = 0x0A
        var anchors: Set<[UInt8]> = []
        var aliases: Set<[UInt8]> = []
        let bytes = Array(text.utf8)
        for (index, byte) in bytes.enumerated() {
            defer { before = byte }
            if byte == 0x0A || byte == 0x0D {
                (lineIsBlank, inComment, dashes, indentation) = (true, false, 0, 0)
                continue
            }
            if inComment { continue }
            switch byte {
            case 0x20: if lineIsBlank { indentation += 1 }
            case UInt8(ascii: "#") where before <= 0x20: inComment = true
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                lineIsBlank = false
                depth += 1
            case UInt8(ascii: "]"), UInt8(ascii: "}"): depth = max(0, depth - 1)
            case UInt8(ascii: "-"), UInt8(ascii: "?"): if lineIsBlank { dashes += 1 }
            case UInt8(ascii: "&"), UInt8(ascii: "*"):
                lineIsBlank = false
                if before <= 0x20 || "[]{},:-?".utf8.contains(before) {
                    let name = bytes[(index + 1)...].prefix(64).prefix { SentHeaders.isNameByte($0) && $0 != 0x2A }
                    if !name.isEmpty {
                        if byte == UInt8(ascii: "&") {
                            anchors.insert(Array(name))
                        } else {
                            aliases.insert(Array(name))
                        }
                    }
                }
            default: lineIsBlank = false
            }
            if depth > deepest || dashes > deepest || lineIsBlank && indentation > 4 * deepest { return tooDeep }
        }
        guard let alias = aliases.first(where: anchors.contains) else { return nil }
        return Failure(
            message:
                "it has aliases (*\(String(decoding: alias, as: UTF8.self))), which can stand for any amount of data",
            nextStep: "Write the values out, or convert the document to JSON.")
    }

    private static func tree(_ node: Node, depth: Int) throws(Failure) -> Tree {
        guard depth <= deepest else { throw Failure(message: "nested more than \(deepest) levels deep") }
        switch node {
        case .scalar(let scalar):
            let text = Marked.cleaned(scalar.string)
            guard scalar.style == .plain || scalar.style == .any else { return .string(text) }
            switch text {
            case "", "~", "null", "Null", "NULL": return .null
            case "true", "True", "TRUE": return .bool(true)
            case "false", "False", "FALSE": return .bool(false)
            // The numbers that JSON has too; others, such as 0x1F or 1_000, are texts here.
            default:
                return text.wholeMatch(of: /-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/) == nil
                    ? .string(text) : .number(text)
            }
        case .sequence(let sequence):
            var elements: [Tree] = []
            for element in sequence { elements.append(try tree(element, depth: depth + 1)) }
            return .list(elements)
        case .mapping(let mapping):
            var entries: [Tree.Entry] = []
            for (key, value) in mapping {
                entries.append(.init(key: Marked.cleaned(key.string ?? ""), value: try tree(value, depth: depth + 1)))
            }
            return .object(entries)
        case .alias: throw Failure(message: "it has aliases", nextStep: "Write the values out.")
        }
    }
}
