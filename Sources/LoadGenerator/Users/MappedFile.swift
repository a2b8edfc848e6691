import Glibc
import Model

/// A file's bytes in memory, shared by all users of all threads; the system reads it as it is sent.
final class MappedFile: @unchecked Sendable {
    let bytes: UnsafeRawBufferPointer

    /// - Throws: a `Problem` for a file that cannot be read.
    init(_ path: String) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.unreadable(path) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { throw Self.unreadable(path) }
        guard status.st_size > 0 else {
            bytes = UnsafeRawBufferPointer(start: nil, count: 0)
            return
        }
        let start = mmap(nil, Int(status.st_size), PROT_READ, MAP_SHARED, descriptor, 0)
        guard let start, start != MAP_FAILED else { throw Self.unreadable(path) }
        bytes = UnsafeRawBufferPointer(start: start, count: Int(status.st_size))
    }

    deinit {
        if let start = bytes.baseAddress { munmap(UnsafeMutableRawPointer(mutating: start), bytes.count) }
    }

    private static func unreadable(_ path: String) -> Problem {
        Problem(.usage, "\(path) cannot be read: \(String(cString: strerror(errno)))")
    }
}

/// What is still to be sent of a request whose body lies in files.
struct Outgoing {
    enum Part {
        case bytes([UInt8])
        case file(MappedFile)

        var count: Int {
            switch self {
            case .bytes(let bytes): bytes.count
            case .file(let file): file.bytes.count
            }
        }
    }

    private var parts: ArraySlice<Part>
    /// Sent of the first.
    private var offset = 0

    init(_ parts: [Part]) {
        self.parts = parts[...]
    }

    /// Sends what the system takes.
    /// - Returns: whether all has gone out; nil when the connection has failed.
    mutating func send(over socket: Socket) -> Bool? {
        while let part = parts.first {
            guard offset < part.count else {
                parts = parts.dropFirst()
                offset = 0
                continue
            }
            let sent: Int? =
                switch part {
                case .bytes(let bytes): bytes[offset...].withUnsafeBytes { socket.write($0) }
                case .file(let file): socket.write(UnsafeRawBufferPointer(rebasing: file.bytes[offset...]))
                }
            guard let sent else { return nil }
            if sent == 0 { return false }
            offset += sent
        }
        return true
    }
}
