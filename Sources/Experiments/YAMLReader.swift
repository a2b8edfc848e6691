import Foundation
import Yams

/// Turns the text of one file into a `YAMLValue`.
struct YAMLReader {
    /// Larger files are refused unread; the lab's are 3 kB.
    static let largestFile = 1_000_000

    private static let core = "tag:yaml.org,2002:"
    private static let plainTags = Set(
        ["str", "seq", "map", "int", "float", "bool", "null"].map { core + $0 } + ["", "!"])

    let log: FaultLog
    private var text: SourceText
    private var renamed: [RenamedKey] = []

    /// A key written twice in one mapping: the parser stops at it, so the first one is renamed and parsing goes on.
    private struct RenamedKey {
        let standIn: Unicode.Scalar
        let name: String
        let place: Place
    }

    /// - Returns: nil when the file is not one YAML document; `log` says why.
    static func value(of bytes: [UInt8], log: FaultLog) -> YAMLValue? {
        do throws(DefinitionFault) {
            let text = try SourceText(bytes: bytes, file: log.file)
            if let fault = YAMLSafety.check(text, file: log.file) { throw fault }
            var reader = YAMLReader(log: log, text: text)
            guard let root = try reader.parse() else {
                throw reader.fault("the file is empty; `storelab new NAME` writes a commented start", at: .start)
            }
            return reader.value(of: root, depth: 0)
        } catch {
            log.add([error])
            return nil
        }
    }

    private init(log: FaultLog, text: SourceText) {
        self.log = log
        self.text = text
    }

    private mutating func parse() throws(DefinitionFault) -> Node? {
        while true {
            do {
                // The basic resolver leaves every plain scalar as it is written: the formats decide what a number is.
                return try Parser(yaml: text.string, resolver: .basic, encoding: .utf8).singleRoot()
            } catch let error as YamlError {
                guard case .duplicatedKeysInMapping(_, let context) = error,
                    text.scalars.count < 100_000, renamed.count < 20, rename(keyAt: Place(context.mark))
                else { throw fault(for: error) }
            } catch {
                throw fault("not YAML: \(error)".shortened, at: .start)
            }
        }
    }

    /// Puts a private-use character, as often as the name is long, in place of a plain key, so that no place moves.
    private mutating func rename(keyAt place: Place) -> Bool {
        guard let start = text.index(of: place), let standIn = Unicode.Scalar(0xE000 + UInt32(renamed.count)) else {
            return false
        }
        let name = text.scalars[start...].prefix(while: YAMLSafety.isName)
        guard !name.isEmpty else { return false }
        renamed.append(RenamedKey(standIn: standIn, name: String(String.UnicodeScalarView(name)), place: place))
        text.scalars.replaceSubrange(name.indices, with: repeatElement(standIn, count: name.count))
        return true
    }

    private func value(of node: Node, depth: Int) -> YAMLValue {
        let place = node.mark.map(Place.init) ?? .start
        guard depth <= YAMLSafety.deepest else {
            log.add(YAMLSafety.tooDeepMessage, at: place)
            return YAMLValue(place: place, content: .broken)
        }
        guard Self.plainTags.contains(node.tag.description) else {
            log.add("tags (\(shown(node.tag.description))) are not allowed; write the plain value", at: place)
            return YAMLValue(place: place, content: .broken)
        }
        switch node {
        case .scalar(let scalar):
            let quoted = scalar.style != .plain && scalar.style != .any
            return YAMLValue(place: place, content: .scalar(scalar.string, quoted: quoted))
        case .sequence(let sequence):
            return YAMLValue(place: place, content: .list(sequence.map { value(of: $0, depth: depth + 1) }))
        case .mapping(let mapping):
            return YAMLValue(place: place, content: .mapping(entries(of: mapping, depth: depth)))
        case .alias:
            log.add("aliases are not allowed; write the value out", at: place)
            return YAMLValue(place: place, content: .broken)
        }
    }

    private func entries(of mapping: Node.Mapping, depth: Int) -> [YAMLValue.Entry] {
        var entries: [YAMLValue.Entry] = []
        var doubled: [RenamedKey] = []
        for (key, node) in mapping {
            let place = key.mark.map(Place.init) ?? .start
            guard case .scalar(let scalar) = key else {
                log.add("a key must be a plain word", at: place)
                continue
            }
            let standIn = renamed.first { $0.place == place }
            let name = standIn?.name ?? scalar.string
            if let first = doubled.first(where: { $0.name == name }) {
                log.add("\"\(name)\" is written twice; the first is on line \(first.place.line)", at: place)
            } else if let standIn {
                doubled.append(standIn)
            }
            if standIn != nil { continue }
            if name == "<<" {
                log.add("merge keys (<<) are not allowed; write the values out", at: place)
                continue
            }
            let value = value(of: node, depth: depth + 1)
            entries.append(.init(key: name, keyPlace: place, value: value))
        }
        return entries
    }

    private func shown(_ tag: String) -> String {
        tag.hasPrefix(Self.core) ? "!!" + tag.dropFirst(Self.core.count) : tag
    }
}

extension YAMLReader {
    private func fault(_ message: String, at place: Place) -> DefinitionFault {
        DefinitionFault(file: log.file, line: place.line, column: place.column, message: message)
    }

    private func described(_ problem: String, _ context: YamlError.Context?) -> String {
        context.map { "\($0.text) that begins at \($0.mark): \(problem)" } ?? problem
    }

    private func fault(for error: YamlError) -> DefinitionFault {
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _):
            let place = Place(mark)
            if let index = text.index(of: place), text.scalars[index] == "\t" {
                return fault("a tab cannot indent YAML; write spaces", at: place)
            }
            return fault("not YAML: \(described(problem, context))", at: place)
        case .composer(let context, let problem, let mark, _):
            if problem.contains("another document") {
                return fault("a second document begins here; a file holds one experiment", at: Place(mark))
            }
            return fault("not YAML: \(described(problem, context))", at: Place(mark))
        case .duplicatedKeysInMapping(_, let context):
            return fault("this key is written twice in its mapping", at: Place(context.mark))
        case .memory:
            return fault(YAMLSafety.tooDeepMessage, at: .start)
        case .reader(let problem, _, _, _):
            return fault("not YAML: \(problem)", at: .start)
        case .no, .writer, .emitter, .representer, .dataCouldNotBeDecoded:
            return fault("not YAML", at: .start)
        }
    }
}

extension Place {
    fileprivate init(_ mark: Mark) {
        self.init(line: mark.line, column: mark.column)
    }
}
