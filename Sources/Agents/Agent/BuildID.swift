import Glibc
import Model

/// Which build a program is: a number made of its bytes, in hexadecimal. It tells builds apart that were made honestly; it
/// keeps nobody from forging one.
package enum BuildID {
    private static let length = 1 << 20

    /// Of the program in this file.
    /// - Throws: a `Problem` for a file that cannot be read.
    package static func of(program path: String) throws -> String {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw Problem(.machine, "The program \(path) cannot be read.") }
        defer { close(file) }
        var words = [UInt64](repeating: 0, count: length / 8)
        // Two of the mixing steps of SplitMix64, with other constants for the second.
        var (first, second): (UInt64, UInt64) = (0x9E37_79B9_7F4A_7C15, 0xD1B5_4A32_D192_ED03)
        var total: UInt64 = 0
        while true {
            let count = words.withUnsafeMutableBytes { fill($0, from: file) }
            guard count > 0 else { break }
            total += UInt64(count)
            words.withUnsafeMutableBytes { bytes in
                for index in count..<max(count, (count + 7) / 8 * 8) { bytes[index] = 0 }
            }
            for word in words[..<((count + 7) / 8)] {
                first = (first ^ word) &* 0xBF58_476D_1CE4_E5B9
                first ^= first >> 29
                second = (second &+ word) &* 0x94D0_49BB_1331_11EB
                second ^= second >> 31
            }
        }
        return [first ^ total, second].map { word in
            let digits = String(word, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }

    private static func fill(_ buffer: UnsafeMutableRawBufferPointer, from file: CInt) -> Int {
        var filled = 0
        while filled < buffer.count {
            let count = read(file, buffer.baseAddress?.advanced(by: filled), buffer.count - filled)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            filled += count
        }
        return filled
    }
}
