import CBrotli
import CZlib

/// How the body of an answer is compressed (RFC 9110, section 8.4.1).
package enum ContentCoding: Sendable, Equatable {
    case gzip, deflate, brotli
    /// One that cannot be read here, or several one over the other.
    case unknown

    /// - Returns: nil for a body that is not compressed.
    init?(_ name: Span<UInt8>) {
        if name.isEmpty || name.count == 8 && name.begins(withLowercased: "identity") { return nil }
        switch name.count {
        case 4 where name.begins(withLowercased: "gzip"): self = .gzip
        case 6 where name.begins(withLowercased: "x-gzip"): self = .gzip
        case 7 where name.begins(withLowercased: "deflate"): self = .deflate
        case 2 where name.begins(withLowercased: "br"): self = .brotli
        default: self = .unknown
        }
    }
}

/// Takes a compressed body in pieces and gives what it means. Its thread alone uses it.
final class BodyDecoder: @unchecked Sendable {
    /// Of what was decoded: a small answer may become any size.
    static let longest = 64 << 20

    private(set) var coding: ContentCoding
    private(set) var isBroken = false
    private(set) var wireBytes = 0
    private(set) var decodedBytes = 0
    private var hasEnded = false
    /// What follows the last member of gzip is no other one.
    private var isPadded = false
    // zlib notes where its stream lies, and takes it from nowhere else.
    private let zlib = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    private var brotli: OpaquePointer?
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 16_384, alignment: 16)

    init(_ coding: ContentCoding) {
        self.coding = coding
        zlib.initialize(to: z_stream())
        switch coding {
        case .gzip, .deflate: isBroken = begin_inflating(zlib, 47) != Z_OK
        case .brotli:
            brotli = BrotliDecoderCreateInstance(nil, nil, nil)
            isBroken = brotli == nil
        case .unknown: isBroken = true
        }
    }

    deinit {
        switch coding {
        case .gzip, .deflate: inflateEnd(zlib)
        case .brotli: BrotliDecoderDestroyInstance(brotli)
        case .unknown: break
        }
        zlib.deallocate()
        buffer.deallocate()
    }

    /// Begins another body of the same coding.
    /// - Returns: false where a new decoder is needed.
    func restart(_ coding: ContentCoding) -> Bool {
        guard coding == self.coding, coding == .gzip, inflateReset2(zlib, 47) == Z_OK else { return false }
        (isBroken, hasEnded, isPadded, wireBytes, decodedBytes) = (false, false, false, 0, 0)
        return true
    }

    /// Whether the body is whole and sound.
    var isSound: Bool { hasEnded && !isBroken }

    func decode(_ bytes: Span<UInt8>, _ give: (Span<UInt8>) -> Void) {
        let isFirst = wireBytes == 0
        wireBytes += bytes.count
        guard !isBroken, bytes.count > 0 else { return }
        bytes.withUnsafeBufferPointer { input in
            switch coding {
            case .gzip, .deflate:
                // Some servers send deflate without the zlib format around it, which browsers read too.
                if isFirst, coding == .deflate, !Self.isZlib(input) {
                    inflateEnd(zlib)
                    zlib.pointee = z_stream()
                    isBroken = begin_inflating(zlib, -15) != Z_OK
                }
                inflate(input, give)
            case .brotli: unfold(input, give)
            case .unknown: break
            }
        }
    }

    private static func isZlib(_ input: UnsafeBufferPointer<UInt8>) -> Bool {
        input[0] & 0x0F == 8 && (input.count < 2 || (Int(input[0]) << 8 | Int(input[1])) % 31 == 0)
    }

    private func inflate(_ input: UnsafeBufferPointer<UInt8>, _ give: (Span<UInt8>) -> Void) {
        zlib.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
        zlib.pointee.avail_in = uInt(input.count)
        while !isBroken, zlib.pointee.avail_in > 0 || zlib.pointee.avail_out == 0 {
            if hasEnded {
                // Several gzip members may follow each other (RFC 1952, section 2.2). Anything else that some servers send
                // after them, browsers and curl pass over.
                guard zlib.pointee.avail_in > 0 else { return }
                guard coding == .gzip else { return isBroken = true }
                if isPadded || zlib.pointee.next_in.pointee != 0x1F { return isPadded = true }
                guard inflateReset(zlib) == Z_OK else { return isBroken = true }
                hasEnded = false
            }
            zlib.pointee.next_out = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
            zlib.pointee.avail_out = uInt(buffer.count)
            let result = CZlib.inflate(zlib, Z_NO_FLUSH)
            deliver(buffer.count - Int(zlib.pointee.avail_out), give)
            switch result {
            case Z_STREAM_END: hasEnded = true
            case Z_OK: break
            case Z_BUF_ERROR: return
            default: isBroken = true
            }
        }
    }

    private func unfold(_ input: UnsafeBufferPointer<UInt8>, _ give: (Span<UInt8>) -> Void) {
        var next = input.baseAddress
        var left = input.count
        while !isBroken {
            guard !hasEnded else {
                if left > 0 { isBroken = true }
                return
            }
            var out = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
            var room = buffer.count
            let result = BrotliDecoderDecompressStream(brotli, &left, &next, &room, &out, nil)
            deliver(buffer.count - room, give)
            switch result {
            case BROTLI_DECODER_RESULT_SUCCESS: hasEnded = true
            case BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT: break
            case BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT: return
            default: isBroken = true
            }
        }
    }

    private func deliver(_ count: Int, _ give: (Span<UInt8>) -> Void) {
        guard count > 0 else { return }
        decodedBytes += count
        guard decodedBytes <= Self.longest else { return isBroken = true }
        let decoded = UnsafeRawBufferPointer(rebasing: buffer[..<count])
        decoded.withMemoryRebound(to: UInt8.self) { give($0.span) }
    }
}
