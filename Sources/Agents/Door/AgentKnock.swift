import Foundation
import Glibc
package import Model
import Threads

/// What an agent that dials says first: the token of the run, and which agent it is.
struct AgentKnock: Codable, Sendable, Equatable {
    /// In bytes.
    static let longest = 4096

    var token: String
    var name: String
}

/// What an agent needs to know to dial.
package struct AgentInvitation: Sendable, Equatable {
    /// Where the orchestrator listens.
    package var place: HostAndPort
    /// The orchestrator's, as PEM; made for this run.
    package var certificate: String
    /// Of this run.
    package var token: String

    /// The place as one word: `10.0.0.7:4040` or `[fd00::7]:4040`.
    package var address: String {
        place.host.contains(":") ? "[\(place.host)]:\(place.port)" : "\(place.host):\(place.port)"
    }
}

/// Dials an orchestrator that waits for agents.
package enum AgentDial {
    /// How long connecting may take, and each step until the orchestrator knows the agent.
    private static let patience = timeval(tv_sec: 10, tv_usec: 0)

    /// May block for some seconds.
    /// - Parameters:
    ///   - certificate: path of the orchestrator's certificate.
    ///   - name: which agent this is.
    /// - Returns: a descriptor whose bytes go over the secured connection and come from it.
    /// - Throws: a `Problem` that says what is in the way.
    package static func connect(
        to place: HostAndPort, certificate: String, token: String, name: String
    ) throws -> CInt {
        BrokenPipes.ignore()
        let side = try TLSSide.client(trusting: certificate)
        guard let descriptor = dial(place) else {
            throw Problem(
                .machine, "the orchestrator does not answer at \(place.host):\(place.port), where agents are to dial")
        }
        guard let link = TLSLink(side, on: descriptor) else {
            throw Problem(
                .machine,
                "no connection to \(place.host):\(place.port) could be secured with the certificate of the run")
        }
        let knock = try JSONEncoder().encode(AgentKnock(token: token, name: name))
        guard link.write(try FrameReader.bytes(of: Array(knock))), let carried = link.carried() else {
            throw Problem(.machine, "the orchestrator at \(place.host):\(place.port) closed the connection")
        }
        return carried
    }

    private static func dial(_ place: HostAndPort) -> CInt? {
        var hints = addrinfo()
        hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(place.host, "\(place.port)", &hints, &list) == 0 else { return nil }
        defer { freeaddrinfo(list) }
        var next = list
        while let entry = next?.pointee {
            let descriptor = socket(entry.ai_family, entry.ai_socktype | CInt(SOCK_CLOEXEC.rawValue), 0)
            limit(descriptor, to: patience)
            if descriptor >= 0, Glibc.connect(descriptor, entry.ai_addr, entry.ai_addrlen) == 0 { return descriptor }
            if descriptor >= 0 { close(descriptor) }
            next = entry.ai_next
        }
        return nil
    }

    /// The time that anything on a socket may take.
    static func limit(_ descriptor: CInt, to time: timeval) {
        var time = time
        let length = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, length)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &time, length)
    }
}
