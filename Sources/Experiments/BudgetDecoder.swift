import Model

/// Reads `slo`, how rarely requests may fail in the long run: `99.9% per 30d`.
enum BudgetDecoder {
    private static let expected = "a share of the requests and a period such as 99.9% per 30d"

    static func budget(_ value: YAMLValue) throws(Unreadable) -> ErrorBudget {
        let text = try value.scalar(expected).trimmed
        let parts = text.split(separator: " per ", omittingEmptySubsequences: false).map { String($0).trimmed }
        guard parts.count == 2 else { throw Unreadable("expected \(expected), found \"\(text.shortened)\"") }
        let objective = try bounded(Quantity.share(parts[0]), in: 0.5...0.999_999) { Quantity.written(share: $0) }
        return ErrorBudget(objective: objective, period: try period(parts[1]))
    }

    private static func period(_ text: String) throws(Unreadable) -> Seconds {
        func days(_ seconds: Seconds) -> String {
            seconds < 86_400 ? Quantity.written(duration: seconds) : "\(Quantity.written(seconds / 86_400))d"
        }
        let seconds =
            text.hasSuffix("d")
            ? try Quantity.decimal(String(text.dropLast()).trimmed) * 86_400 : try Quantity.duration(text)
        return try bounded(seconds, in: 3600...366 * 86_400, days)
    }
}
