extension GraphQL {
    /// Fields that share a name in the answer must ask for the same (section 5.3.2), and a request must keep its bounds.
    ///
    /// Fields of one name are all compared with the first: being the same is transitive, since no two of them can have
    /// different parent types where there are no interfaces. Only called when no fragment contains itself.
    struct MergeCheck {
        private let fragments: [String: Fragment]
        private var failures: [Failure] = []
        private var budget = Limits.fields
        private var isOver = false

        static func failures(in operation: Operation, _ validator: Validator) -> [Failure] {
            var check = MergeCheck(fragments: validator.fragments)
            check.check([operation.selections], depth: 1, at: operation.offset)
            return check.failures
        }

        private init(fragments: [String: Fragment]) {
            self.fragments = fragments
        }

        private mutating func stop(_ message: String, at offset: Int) {
            if !isOver { failures.append(Failure(message: message, offsets: [offset], code: "TOO_COMPLEX")) }
            isOver = true
        }

        private mutating func check(_ sets: [[Selection]], depth: Int, at offset: Int) {
            guard depth <= Limits.depth else {
                return stop("The selections are nested more than \(Limits.depth) deep.", at: offset)
            }
            var fields: [Field] = []
            var visited: Set<String> = []
            for set in sets { collect(set, into: &fields, visited: &visited) }
            var groups: [String: [Field]] = [:]
            for field in fields { groups[field.responseKey, default: []].append(field) }
            for first in fields {
                if isOver { return }
                guard let group = groups.removeValue(forKey: first.responseKey) else { continue }
                var isSound = true
                for other in group.dropFirst() where !Self.areSame(first, other) {
                    isSound = false
                    failures.append(
                        Failure(
                            message: "\"\(first.responseKey)\" asks for different things: give one of them an alias.",
                            offsets: [first.offset, other.offset]))
                }
                let inner = group.map(\.selections).filter { !$0.isEmpty }
                if isSound, !inner.isEmpty { check(inner, depth: depth + 1, at: first.offset) }
            }
        }

        private mutating func collect(_ selections: [Selection], into fields: inout [Field], visited: inout Set<String>)
        {
            for selection in selections {
                if isOver { return }
                budget -= 1
                switch selection {
                case .field(let field):
                    guard budget >= 0 else {
                        return stop("The request selects more than \(Limits.fields) fields.", at: field.offset)
                    }
                    fields.append(field)
                case .inline(let inline): collect(inline.selections, into: &fields, visited: &visited)
                case .spread(let spread):
                    guard visited.insert(spread.name.text).inserted, let fragment = fragments[spread.name.text] else {
                        continue
                    }
                    collect(fragment.selections, into: &fields, visited: &visited)
                }
            }
        }

        private static func areSame(_ left: Field, _ right: Field) -> Bool {
            left.name.text == right.name.text && areSame(left.arguments, right.arguments)
        }

        private static func areSame(_ left: [Argument], _ right: [Argument]) -> Bool {
            left.count == right.count
                && left.allSatisfy { argument in
                    right.contains { $0.name.text == argument.name.text && areSame($0.value, argument.value) }
                }
        }

        private static func areSame(_ left: Literal, _ right: Literal) -> Bool {
            switch (left.kind, right.kind) {
            case (.list(let left), .list(let right)):
                left.count == right.count && zip(left, right).allSatisfy { areSame($0, $1) }
            case (.object(let left), .object(let right)): areSame(left, right)
            default: left.kind == right.kind
            }
        }
    }
}
