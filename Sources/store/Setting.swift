import Glibc

/// A setting from its flag, else from the environment. Empty text is as good as none: environment files leave it so.
enum Setting {
    static let ports = 1...65535

    static func text(_ flag: String?, _ variable: String) -> String? {
        if let flag, !flag.isEmpty { return flag }
        guard let value = getenv(variable).map({ String(cString: $0) }), !value.isEmpty else { return nil }
        return value
    }

    static func number(
        _ flag: String?, _ flagName: String, _ variable: String, in range: ClosedRange<Int>
    ) throws -> Int? {
        guard let text = text(flag, variable) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw ProgramError(
                description:
                    "\(flagName) (\(variable)) must be a number from \(range.lowerBound) to \(range.upperBound), "
                    + "not '\(text)'.")
        }
        return number
    }

    /// One of a few words.
    static func choice<Choice: RawRepresentable & CaseIterable>(
        _ flag: String?, _ flagName: String, _ variable: String
    ) throws -> Choice? where Choice.RawValue == String {
        guard let text = text(flag, variable) else { return nil }
        guard let choice = Choice(rawValue: text) else {
            let choices = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw ProgramError(description: "\(flagName) (\(variable)) must be one of \(choices), not '\(text)'.")
        }
        return choice
    }

    /// A secret, which no flag holds, since every user of a machine sees the flags: from the environment, else from the
    /// file that a flag or the environment names, less the end of its line.
    static func secret(_ variable: String, file flag: String?) throws -> String? {
        if let secret = text(nil, variable) { return secret }
        guard let path = text(flag, variable + "_FILE") else { return nil }
        let secret = try TextFile.read(path).prefix { !$0.isNewline }
        return secret.isEmpty ? nil : String(secret)
    }
}
