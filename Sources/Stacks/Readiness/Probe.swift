import Foundation

/// Questions to a server on this machine: is it there, and is it what it should be?
package enum Probe: Sendable, Equatable {
    /// Greets first, with protocol version 10.
    case mysql
    case redis
    /// Answers 200 to a GET of the path.
    case http(path: String)
    /// Answers to a GET of the path, with a status below 500.
    case answers(path: String)
    /// Takes a connection.
    case anything

    package enum Outcome: Sendable, Equatable {
        /// Nobody listens, or whoever does closes the connection without an answer.
        case refused
        /// The question was taken, and no answer came in time.
        case silent
        /// The answer is not the right one.
        case answered
        case succeeded
    }

    /// Asks once. Takes at most half a second to connect, and as long for the answer.
    /// - Parameter host: a literal or a name; of its addresses the first at which something listens is asked.
    package func succeeds(host: String = "127.0.0.1", port: Int) async -> Bool {
        await outcome(host: host, port: port) == .succeeded
    }

    /// As `succeeds`, with how it did not.
    package func outcome(host: String = "127.0.0.1", port: Int) async -> Outcome {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(returning: ask(host, port)) }
        }
    }

    private func ask(_ host: String, _ port: Int) -> Outcome {
        Self.withConnection(to: port, of: host) { descriptor in
            guard self != .anything else { return .succeeded }
            errno = 0
            guard let answer = Self.exchange(question, over: descriptor, most: 256) else {
                return errno == EAGAIN ? .silent : .refused
            }
            return accepts(answer) ? .succeeded : .answered
        } ?? .refused
    }

    /// - Returns: nil when nobody listens.
    static func withConnection<Answer>(
        to port: Int, of host: String = "127.0.0.1", _ body: (Int32) -> Answer?
    ) -> Answer? {
        for address in Dialled.addresses(of: host, port: port) {
            guard let descriptor = address.connected() else { continue }
            defer { close(descriptor) }
            return body(descriptor)
        }
        return nil
    }

    /// The first of a host's addresses at which something listens, as a literal; nil where nothing does.
    static func listening(host: String, port: Int) async -> String? {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                let found = Dialled.addresses(of: host, port: port).first { address in
                    guard let descriptor = address.connected() else { return false }
                    close(descriptor)
                    return true
                }
                continuation.resume(returning: found?.literal)
            }
        }
    }

    /// What the other side says first; nil when it says nothing.
    static func exchange(_ question: String, over descriptor: Int32, most: Int) -> ArraySlice<UInt8>? {
        let question = Array(question.utf8)
        guard send(descriptor, question, question.count, Int32(MSG_NOSIGNAL)) == question.count else { return nil }
        var answer = [UInt8](repeating: 0, count: most)
        let length = recv(descriptor, &answer, answer.count, 0)
        return length > 0 ? answer[..<length] : nil
    }

    private var question: String {
        switch self {
        case .mysql, .anything: ""
        case .redis: "PING\r\n"
        case .http(let path), .answers(let path): Self.get(path)
        }
    }

    static func get(_ path: String) -> String { "GET \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n" }

    private func accepts(_ answer: ArraySlice<UInt8>) -> Bool {
        switch self {
        case .mysql: answer.count > 4 && answer[answer.startIndex + 4] == 10
        case .anything: true
        case .redis: answer.starts(with: Array("+PONG".utf8))
        case .http: answer.starts(with: Array("HTTP/1.1 200".utf8))
        case .answers:
            answer.starts(with: Array("HTTP/1.".utf8)) && answer.count > 9
                && answer[answer.startIndex + 9] < UInt8(ascii: "5")
        }
    }
}
