import Foundation
import Synchronization

/// The two channels of a command line program.
package enum Terminal {
    /// Why an answer did not reach standard output; nil as long as all did.
    private static let loss = Mutex<Int32>(0)

    /// An answer, on standard output.
    static func answer(_ text: String) {
        let error = write(cleaned(text) + "\n", to: STDOUT_FILENO)
        if error != 0 { loss.withLock { $0 = error } }
    }

    /// A message for the person, on standard error.
    static func tell(_ text: String) { write(cleaned(text) + "\n", to: STDERR_FILENO) }

    /// What is to be said where an answer was lost, as to a full disk or a closed pipe; nil where none was.
    static var lostAnswer: String? {
        let error = loss.withLock { $0 }
        return error == 0
            ? nil : "the answer could not be written to standard output: \(String(cString: strerror(error)))"
    }

    /// - Returns: 0, or why not all of the text was written, as `errno` has it.
    @discardableResult
    package static func write(_ text: String, to descriptor: Int32) -> Int32 {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            if written < 0, errno == EINTR || errno == EAGAIN { continue }
            guard written > 0 else { return written < 0 ? errno : EIO }
            rest = rest.dropFirst(written)
        }
        return 0
    }

    /// The text without what would steer a terminal, since it may quote what a server has answered: control characters, and
    /// those that turn the direction of writing, stand there by their numbers, as in JSON.
    package static func cleaned(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: steers) else { return text }
        var shown = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if steers(scalar) {
                let digits = String(scalar.value, radix: 16)
                shown.append(
                    contentsOf: "\\u\(String(repeating: "0", count: 4 - digits.count))\(digits)".unicodeScalars)
            } else {
                shown.append(scalar)
            }
        }
        return String(shown)
    }

    private static func steers(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09, 0x0A: false
        case 0..<0x20, 0x7F..<0xA0, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: true
        default: false
        }
    }

    /// Columns of the terminal on standard error; nil where it is none.
    static var width: Int? {
        guard isatty(STDERR_FILENO) == 1 else { return nil }
        var size = winsize()
        guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }
}
