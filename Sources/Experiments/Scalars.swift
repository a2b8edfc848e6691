import Model

/// Readers of single values, for `Fields`.
extension YAMLValue {
    func text() throws(Unreadable) -> String {
        guard case .scalar(let text, _) = content, !isNothing else { throw Unreadable("expected text, found \(found)") }
        return text
    }

    /// One line of text.
    func line(longest: Int) throws(Unreadable) -> String {
        let text = try text().trimmed
        guard !text.isEmpty else { throw Unreadable("expected text, found nothing") }
        guard text.count <= longest else { throw Unreadable("longer than \(longest) characters") }
        guard !text.contains(where: \.isNewline) else { throw Unreadable("expected one line of text, found several") }
        return text
    }

    func integer(in range: ClosedRange<Int>) throws(Unreadable) -> Int {
        let value = try Quantity.integer(plain("a whole number"))
        guard range.contains(value) else {
            throw Unreadable("\(value) is out of range; write \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    func truth() throws(Unreadable) -> Bool {
        let text = try plain("true or false")
        guard text == "true" || text == "false" else { throw Unreadable("expected true or false, found \(found)") }
        return text == "true"
    }

    func seed() throws(Unreadable) -> UInt64 {
        UInt64(try integer(in: 0...Int(LoadDefinition.seeds.upperBound)))
    }

    func decimal(in range: ClosedRange<Double>) throws(Unreadable) -> Double {
        let value = try Quantity.decimal(plain("a number"))
        return try bounded(value, in: range) { Quantity.written($0) }
    }

    func duration(in range: ClosedRange<Seconds>) throws(Unreadable) -> Seconds {
        let value = try Quantity.duration(scalar("a time such as 10s"))
        return try bounded(value, in: range) { Quantity.written(duration: $0) }
    }

    func share(in range: ClosedRange<Share>) throws(Unreadable) -> Share {
        let value = try Quantity.share(scalar("a share such as 5%"))
        return try bounded(value, in: range) { Quantity.written(share: $0) }
    }

    func rate(in range: ClosedRange<Double>) throws(Unreadable) -> Double {
        let value = try Quantity.rate(scalar("a rate such as 10/s"))
        return try bounded(value, in: range) { "\(Quantity.written($0))/s" }
    }

    /// One of the names of an enumeration.
    func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ type: Choice.Type = Choice.self
    ) throws(Unreadable) -> Choice {
        let names = Choice.allCases.map(\.rawValue)
        let text = try scalar("one of \(names.joined(separator: ", "))")
        guard let choice = Choice(rawValue: text) else {
            throw Unreadable("unknown \"\(text.shortened)\"; \(NearestName.advice(for: text, among: names))")
        }
        return choice
    }

    /// A name that can stand in a folder's name and in a label.
    func name(alsoAllowed: Set<Character> = []) throws(Unreadable) -> String {
        let text = try text()
        guard text.isName(alsoAllowed: alsoAllowed) else {
            let set = alsoAllowed.isEmpty ? "letters, digits and dashes" : "letters, digits, dashes and underscores"
            throw Unreadable("\"\(text.shortened)\" is not a name; write at most 60 \(set), a letter or digit first")
        }
        return text
    }

    func scalar(_ expected: String) throws(Unreadable) -> String {
        guard case .scalar(let text, _) = content, !isNothing else {
            throw Unreadable("expected \(expected), found \(found)")
        }
        return text
    }

    private func plain(_ expected: String) throws(Unreadable) -> String {
        guard case .scalar(let text, quoted: false) = content, !isNothing else {
            throw Unreadable("expected \(expected), found \(found)")
        }
        return text
    }
}

func bounded(
    _ value: Double, in range: ClosedRange<Double>, _ written: (Double) -> String
) throws(Unreadable) -> Double {
    guard range.contains(value) else {
        let bounds = "\(written(range.lowerBound)) to \(written(range.upperBound))"
        throw Unreadable("\(written(value)) is out of range; write \(bounds)")
    }
    return value
}

extension String {
    func isName(alsoAllowed: Set<Character> = []) -> Bool {
        guard (1...60).contains(count), let first, first.isASCII, first.isLetter || first.isNumber else { return false }
        return allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || alsoAllowed.contains($0)) }
    }

    var trimmed: String {
        let start = drop(while: \.isWhitespace)
        return String(start.prefix(start.count - start.reversed().prefix(while: \.isWhitespace).count))
    }
}
