/// Cookies of a recording. Those that an earlier answer has set are kept by each user for itself; those that the browser had
/// before are secrets of the person who recorded.
enum RecordedCookies {
    static func separated(_ requests: [SourceRequest], _ secrets: inout Secrets) -> [SourceRequest] {
        var requests = requests
        /// The last request whose answer set a cookie of this name.
        var setters: [String: Int] = [:]
        var names: Set<String> = []
        var taken: [String: String] = [:]
        for index in requests.indices {
            if let field = requests[index].header("Cookie") {
                requests[index].headers.removeAll { $0.name.lowercased() == "cookie" }
                let pairs = field.split(separator: ";").map { pair -> SourceRequest.Field in
                    let words = pair.drop { $0 == " " }.split(
                        separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                    return .init(name: String(words[0]), value: words.count > 1 ? String(words[1]) : "")
                }
                if pairs.contains(where: { setters[$0.name] == nil }) {
                    let values = pairs.map { pair -> String in
                        guard let setter = setters[pair.name] else {
                            guard !pair.value.isEmpty else { return pair.name + "=" }
                            return pair.name + "="
                                + secrets.placeholder(
                                    for: pair.value, named: "cookie " + pair.name, use: "the cookie \(pair.name)")
                        }
                        let name =
                            taken[pair.name] ?? names.inserted("cookie_" + Correlation.snake(pair.name), limit: 50)
                        taken[pair.name] = name
                        let take = TakenValue(name: name, source: .cookie(pair.name))
                        if !requests[setter].takes.contains(take) { requests[setter].takes.append(take) }
                        return pair.name + "=" + Marked.placeholder(name)
                    }
                    requests[index].headers.append(.init(name: "Cookie", value: values.joined(separator: "; ")))
                }
            }
            for field in requests[index].recorded?.headers ?? [] where field.name.lowercased() == "set-cookie" {
                // Exporters join several fields with line breaks.
                for line in field.value.split(whereSeparator: \.isNewline) {
                    let name = line.prefix { $0 != "=" && $0 != ";" }
                    setters[String(name)] = index
                }
            }
        }
        return requests
    }
}
