import ArgumentParser
import Glibc

/// For the health check of a container that has no other program to ask with, and to ask a replica from another machine.
struct Healthy: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check the health of a store; exit code 0 if it is healthy, else 1.")

    @Option(help: "Name or IPv4 address of its machine.")
    var host = "127.0.0.1"
    @Option(help: "Its port.")
    var port: UInt16 = 5000

    func run() throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var limit = timeval(tv_sec: 2, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        let question = Array("GET /health-check HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n\r\n".utf8)
        guard try connects(descriptor),
            send(descriptor, question, question.count, Int32(MSG_NOSIGNAL)) == question.count
        else {
            throw ProgramError(description: "nothing listens on \(host):\(port)")
        }
        var answer = [UInt8](repeating: 0, count: 64)
        let length = recv(descriptor, &answer, answer.count, 0)
        guard length > 0, answer[..<length].starts(with: Array("HTTP/1.1 200".utf8)) else {
            throw ProgramError(description: "\(host):\(port) does not answer 200 to /health-check")
        }
    }

    /// - Throws: `ProgramError` when the name has no address.
    private func connects(_ descriptor: Int32) throws -> Bool {
        var hints = addrinfo()
        hints.ai_family = AF_INET
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, "\(port)", &hints, &found)
        guard code == 0, let first = found else {
            throw ProgramError(description: "\(host) has no address: \(String(cString: gai_strerror(code)))")
        }
        defer { freeaddrinfo(found) }
        return connect(descriptor, first.pointee.ai_addr, first.pointee.ai_addrlen) == 0
    }
}
