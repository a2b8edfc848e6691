import Model

/// Reads what stands between `${` and `}`: `random(1, users)`, `choice(red, green)`, `uuid`, `sequence`, `sequence(100)`,
/// `row(customers.csv, email)`, `random_row(customers.csv, email)`, `env(TOKEN)`, or the name of a value that a task takes.
struct Placeholder {
    /// nil when `stack` has faults; any size will do then.
    let dataset: Dataset?
    /// Names of values that tasks take out of answers.
    let variables: [String]
    let table: (String) throws(Unreadable) -> CSVTable

    static let words = ["random", "choice", "uuid", "sequence", "row", "random_row", "env"]

    func piece(_ placeholder: String) throws(Unreadable) -> BodyTemplate.Piece {
        let inner = placeholder.trimmed
        if inner == "uuid" { return .uuid }
        if inner == "sequence" { return .sequence(from: 1) }
        if variables.contains(inner) { return .variable(inner) }
        guard inner.hasSuffix(")"), let opening = inner.firstIndex(of: "(") else { throw unknown(placeholder) }
        let arguments = inner[inner.index(after: opening)...].dropLast()
            .split(separator: ",", omittingEmptySubsequences: false).map { String($0).trimmed }
        switch inner[..<opening] {
        case "random": return .randomInteger(try range(arguments, of: placeholder))
        case "choice":
            guard arguments.allSatisfy({ !$0.isEmpty }) else {
                throw Unreadable("choice takes texts with commas between, for example ${choice(red, green)}")
            }
            return .choice(arguments)
        case "sequence":
            guard arguments.count == 1, let start = try? Quantity.integer(arguments[0]),
                start.magnitude <= 1_000_000_000_000
            else { throw Unreadable("sequence takes the number it starts from, for example ${sequence(1000)}") }
            return .sequence(from: start)
        case "row": return .column(try column(arguments, order: .sequential))
        case "random_row": return .column(try column(arguments, order: .random))
        case "env":
            guard arguments.count == 1, EnvironmentVariable.isName(arguments[0]) else {
                throw Unreadable("env takes the name of a variable of the environment, for example ${env(TOKEN)}")
            }
            return .column(EnvironmentVariable.column(arguments[0]))
        default: throw unknown(placeholder)
        }
    }

    private func unknown(_ placeholder: String) -> Unreadable {
        let name = placeholder.trimmed
        if name.isValueName, let nearest = NearestName.nearest(to: name, among: variables + Self.words) {
            return Unreadable("unknown placeholder \"${\(placeholder.shortened)}\"; did you mean ${\(nearest)}?")
        }
        if name.isValueName {
            return Unreadable("no task takes a value \"\(name.shortened)\"; write for example take: { \(name): id }")
        }
        return Unreadable(
            "unknown placeholder \"${\(placeholder.shortened)}\"; write for example ${random(1, users)}")
    }

    private func range(_ arguments: [String], of placeholder: String) throws(Unreadable) -> ClosedRange<Int> {
        guard arguments.count == 2 else { throw Unreadable("random takes two bounds, for example ${random(1, 3)}") }
        let lower = try bound(arguments[0])
        let upper = try bound(arguments[1])
        guard lower <= upper else {
            throw Unreadable(
                "the bounds of ${\(placeholder.shortened)} are in the wrong order: \(lower) to \(upper)")
        }
        return lower...upper
    }

    private func bound(_ text: String) throws(Unreadable) -> Int {
        switch text {
        case "users": return dataset?.users ?? 1_000_000
        case "products": return dataset?.products ?? 1_000_000
        default:
            if let value = try? Quantity.integer(text), value.magnitude <= 1_000_000_000 { return value }
            throw Unreadable("\"\(text.shortened)\" is not a bound; write a whole number, users or products")
        }
    }

    private func column(_ arguments: [String], order: TableColumn.Order) throws(Unreadable) -> TableColumn {
        guard arguments.count == 2, arguments.allSatisfy({ !$0.isEmpty }) else {
            throw Unreadable("a row takes a file and a column, for example ${row(customers.csv, email)}")
        }
        let table = try table(arguments[0])
        guard let index = table.columns.firstIndex(of: arguments[1]) else {
            let advice = NearestName.advice(for: arguments[1], among: table.columns)
            throw Unreadable("\"\(arguments[0].shortened)\" has no column \"\(arguments[1].shortened)\"; \(advice)")
        }
        return TableColumn(
            file: arguments[0], name: arguments[1], order: order, values: table.rows.map { $0[index] })
    }
}

extension String {
    /// Whether it can name a value: letters, digits and underscores, a letter first.
    var isValueName: Bool {
        (1...60).contains(utf8.count) && first?.isLetter == true
            && unicodeScalars.allSatisfy {
                $0.isASCII && ($0.properties.isAlphabetic || $0 == "_" || ("0"..."9").contains($0))
            }
    }
}
