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
            throw Trouble(
                description:
                    "\(flagName) (\(variable)) must be a number from \(range.lowerBound) to \(range.upperBound), "
                    + "and it is '\(text)'.")
        }
        return number
    }
}
