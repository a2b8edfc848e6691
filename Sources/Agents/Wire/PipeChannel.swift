import Glibc
import Synchronization
import Threads

/// Frames over two descriptors, each with a thread of its own: a peer that takes nothing holds nobody else up.
package final class PipeChannel: FrameChannel {
    private let input: CInt
    private let output: CInt
    private let writer: Relay
    private let isBroken = Atomic<Bool>(false)

    /// Both descriptors are the channel's from now on. It closes the one it writes to after `close()`, the other when its
    /// stream has ended.
    /// - Throws: a `Problem` when the system has no thread left.
    package init(input: CInt, output: CInt) throws {
        self.input = input
        self.output = output
        writer = try Relay()
        writer.post { BrokenPipes.ignore() }
    }

    package func send(_ frame: [UInt8]) {
        // What the peer would refuse ends the stream; it is never left out.
        guard let bytes = try? FrameReader.bytes(of: frame) else { return close() }
        writer.post { [self] in
            guard !isBroken.load(ordering: .relaxed) else { return }
            if !Self.write(bytes, to: output) { isBroken.store(true, ordering: .relaxed) }
        }
    }

    package func close() {
        writer.post { [output] in
            // Of a socket the other direction may stay open; of a pipe this has no effect.
            shutdown(output, CInt(SHUT_WR))
            Glibc.close(output)
        }
        writer.end()
    }

    package func listen(_ handler: @escaping @Sendable (FrameEvent) -> Void) {
        let isThere = SystemThread.detach { [input] in
            handler(.ended(Self.read(input) { handler(.frame($0, at: Monotonic.now)) }))
            Glibc.close(input)
        }
        if !isThere { handler(.ended(nil)) }
    }

    private static func read(_ input: CInt, _ take: ([UInt8]) -> Void) -> FrameReader.Fault? {
        var reader = FrameReader()
        var buffer = [UInt8](repeating: 0, count: 65_536)
        do throws(FrameReader.Fault) {
            while true {
                let count = Glibc.read(input, &buffer, buffer.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else {
                    try reader.finish()
                    return nil
                }
                for frame in try reader.read(buffer[..<count]) { take(frame) }
            }
        } catch {
            return error
        }
    }

    private static func write(_ bytes: [UInt8], to output: CInt) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes { Glibc.write(output, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }
}
