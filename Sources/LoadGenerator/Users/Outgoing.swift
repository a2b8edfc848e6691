/// What is still to be sent of a request.
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

    /// - Parameter skipped: bytes of the first part that are not sent.
    init(_ parts: [Part], skipping skipped: Int = 0) {
        self.parts = parts[...]
        offset = skipped
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

    /// Whether nothing is left.
    var isEmpty: Bool {
        mutating get {
            while let part = parts.first, offset >= part.count {
                parts = parts.dropFirst()
                offset = 0
            }
            return parts.isEmpty
        }
    }

    /// Takes out the next bytes, as many as there is room for.
    /// - Returns: how many they were.
    mutating func take(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        var count = 0
        while count < buffer.count, !isEmpty, let part = parts.first {
            let length = min(buffer.count - count, part.count - offset)
            let place = UnsafeMutableRawBufferPointer(rebasing: buffer[count..<count + length])
            switch part {
            case .bytes(let bytes): bytes[offset..<offset + length].withUnsafeBytes { place.copyMemory(from: $0) }
            case .file(let file):
                place.copyMemory(from: UnsafeRawBufferPointer(rebasing: file.bytes[offset..<offset + length]))
            }
            count += length
            offset += length
        }
        return count
    }
}
