import Model

/// The request that a redirect leads to, in place of the task's own.
struct Hop: Sendable, Equatable {
    /// From 1.
    var number: Int
    var method: [UInt8]
    /// Path and query.
    var target: [UInt8]
    /// Whether it is asked for without the body, and what describes that.
    var dropsBody: Bool

    /// Where an answer leads (RFC 9110, section 15.4).
    /// - Parameters:
    ///   - request: the one that was answered.
    ///   - hop: the one that it was; nil for the task's own request.
    ///   - most: hops that are followed.
    /// - Returns: nil for what is no redirect; a fault for one that is not followed.
    static func after(
        _ answer: ResponseScanner, to request: [UInt8], hop: Hop?, most: Int, origin: Origin
    ) -> Result<Hop, AnswerFault>? {
        guard most > 0, [301, 302, 303, 307, 308].contains(answer.status), let location = answer.location,
            !location.isEmpty
        else {
            return nil
        }
        let number = (hop?.number ?? 0) + 1
        guard number <= most else { return .failure(.tooManyRedirects(most)) }
        let line = request.split(separator: 0x20, maxSplits: 2)
        guard line.count == 3, let target = origin.target(of: location, from: Array(line[1])) else {
            return .failure(.redirectElsewhere(String(decoding: location.prefix(200), as: UTF8.self)))
        }
        let (get, post, head) = (Array("GET".utf8), Array("POST".utf8), Array("HEAD".utf8))
        let method = Array(line[0])
        // Everyone changes POST to GET at 301 and 302, which the standard allows; 303 asks for it, whatever the method.
        let becomesGet =
            answer.status == 303 ? method != head : method == post && (answer.status == 301 || answer.status == 302)
        let encoded = Escape.reference.applied(to: target)
        return .success(
            Hop(
                number: number, method: becomesGet ? get : method, target: encoded,
                dropsBody: becomesGet || hop?.dropsBody ?? false))
    }

    /// A task's request with this hop in the place of its first line.
    func applied(to request: [UInt8]) -> [UInt8] {
        let end: [UInt8] = [0x0D, 0x0A]
        guard let line = request.firstRange(of: end), let head = request.firstRange(of: end + end) else {
            return request
        }
        var written = method + [0x20] + target + Array(" HTTP/1.1\r\n".utf8)
        guard dropsBody else { return written + request[line.upperBound...] }
        for field in request[line.upperBound..<head.lowerBound].split(separator: 0x0A) {
            let name = String(decoding: field.prefix { $0 != UInt8(ascii: ":") }, as: UTF8.self).lowercased()
            guard !name.hasPrefix("content-"), name != "expect" else { continue }
            written += field + (field.last == 0x0D ? [0x0A] : end)
        }
        return written + end
    }
}
