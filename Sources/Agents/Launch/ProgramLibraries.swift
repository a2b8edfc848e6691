/// The libraries that a program needs, from what `ldd` prints.
package struct ProgramLibraries: Sendable, Equatable {
    /// Paths of those that come with Swift, and are sent along.
    package var own: [String] = []
    /// File names of those that a system has.
    package var system: [String] = []

    package init(ldd text: String) {
        for line in text.split(whereSeparator: \.isNewline) {
            // `	libz.so.1 => /lib/x86_64-linux-gnu/libz.so.1 (0x00007f…)`
            let words = line.split(whereSeparator: \.isWhitespace)
            guard words.count >= 3, words[1] == "=>" else { continue }
            if words[2].contains("/swift/linux/") {
                own.append(String(words[2]))
            } else {
                system.append(String(words[0]))
            }
        }
    }
}
