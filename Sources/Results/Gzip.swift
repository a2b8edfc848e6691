import CZlib
package import Foundation

/// The format of gzip (RFC 1952), which `zcat` prints and `gunzip` turns back into the file.
package enum Gzip {
    /// - Returns: the same bytes for the same content; nil where it is too large or memory is lacking.
    package static func compressed(_ content: Data) -> Data? {
        guard content.count < Int(UInt32.max) else { return nil }
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        defer { stream.deallocate() }
        guard begin_deflating(stream, Z_BEST_COMPRESSION) == Z_OK else { return nil }
        defer { deflateEnd(stream) }
        var packed = Data(count: Int(deflateBound(stream, uLong(content.count))))
        let result = content.withUnsafeBytes { input in
            packed.withUnsafeMutableBytes { output in
                stream.pointee.next_in = UnsafeMutablePointer(
                    mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
                stream.pointee.avail_in = uInt(input.count)
                stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
                stream.pointee.avail_out = uInt(output.count)
                return deflate(stream, Z_FINISH)
            }
        }
        guard result == Z_STREAM_END else { return nil }
        return packed.prefix(Int(stream.pointee.total_out))
    }

    /// - Returns: what can be read, and whether that is all: nothing behind a damaged place is.
    package static func content(of packed: Data) -> (content: Data, isWhole: Bool) {
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        defer { stream.deallocate() }
        guard begin_inflating(stream, 47) == Z_OK else { return (Data(), false) }
        defer { inflateEnd(stream) }
        var content = Data()
        var buffer = [UInt8](repeating: 0, count: 1 << 18)
        let isWhole = packed.withUnsafeBytes { input in
            stream.pointee.next_in = UnsafeMutablePointer(
                mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
            stream.pointee.avail_in = uInt(clamping: input.count)
            while true {
                let result = buffer.withUnsafeMutableBufferPointer { output in
                    stream.pointee.next_out = output.baseAddress
                    stream.pointee.avail_out = uInt(output.count)
                    return inflate(stream, Z_NO_FLUSH)
                }
                content.append(contentsOf: buffer.prefix(buffer.count - Int(stream.pointee.avail_out)))
                if result == Z_STREAM_END { return stream.pointee.avail_in == 0 }
                guard result == Z_OK else { return false }
            }
        }
        return (content, isWhole)
    }
}
