import ArgumentParser
import Glibc

/// For the health check of a container that has no other program to ask with.
struct Healthy: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check the health of the store on this machine; exit code 0 if it is healthy, else 1.")

    @Option(help: "Port of the store on 127.0.0.1.")
    var port: UInt16 = 5000

    func run() throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var limit = timeval(tv_sec: 2, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        let question = Array("GET /health-check HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".utf8)
        guard connected == 0, send(descriptor, question, question.count, Int32(MSG_NOSIGNAL)) == question.count else {
            throw ProgramError(description: "nothing listens on 127.0.0.1:\(port)")
        }
        var answer = [UInt8](repeating: 0, count: 64)
        let length = recv(descriptor, &answer, answer.count, 0)
        guard length > 0, answer[..<length].starts(with: Array("HTTP/1.1 200".utf8)) else {
            throw ProgramError(description: "127.0.0.1:\(port) does not answer 200 to /health-check")
        }
    }
}
