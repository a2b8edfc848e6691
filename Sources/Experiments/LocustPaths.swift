/// What a Locust file asks for, as far as its text tells without running it.
package struct LocustPaths: Sendable, Equatable {
    /// Paths that `self.client.get` reads, in their order.
    package var read: [String] = []
    /// Other requests, and those whose path is made as the file runs: `POST /orders`.
    package var leftOut: [String] = []

    package init() {}

    /// - Parameter text: of a Python file.
    package init(_ text: String) {
        let call = /self\.client\.(get|post|put|patch|delete|options|head)\(\s*(f?)(["'])([^"'\n]*)["']/
        for match in text.matches(of: call) {
            let (method, path) = (String(match.1), String(match.4))
            let isFixed = match.2.isEmpty || !path.contains("{")
            if method == "get", isFixed, path.hasPrefix("/"), !path.contains(where: \.isWhitespace) {
                read.append(path)
            } else {
                leftOut.append("\(method.uppercased()) \(path)")
            }
        }
    }
}
