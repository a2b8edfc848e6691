package import Foundation

/// An object in JSON whose end is missing: what stands whole before it, with the brackets closed.
///
/// Only whole values of the object, and whole elements of a list in it, are kept: half of one says what was not meant.
package struct CutJSON {
    /// An object in JSON, unless the text has a fault of another kind too.
    package let closed: Data
    /// In which what is missing begins, from 1.
    package let line: Int

    /// nil where the object ends, where it is none, and where nothing of it is whole.
    package init?(_ data: Data) {
        var open: [UInt8] = []
        var cut: (place: Data.Index, closers: [UInt8])?
        var (inText, isEscaped) = (false, false)
        var isOnTop: Bool { open.count == 1 || open.count == 2 && open[1] == UInt8(ascii: "]") }
        for (place, byte) in zip(data.indices, data) {
            if inText {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    inText = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): inText = true
            case UInt8(ascii: "{"): open.append(UInt8(ascii: "}"))
            case UInt8(ascii: "["): open.append(UInt8(ascii: "]"))
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                guard open.popLast() == byte, !open.isEmpty else { return nil }
                if isOnTop { cut = (data.index(after: place), open.reversed()) }
            case UInt8(ascii: ",") where isOnTop: cut = (place, open.reversed())
            default: continue
            }
        }
        guard open.first == UInt8(ascii: "}"), let cut else { return nil }
        closed = data[..<cut.place] + Data(cut.closers)
        line = 1 + data[..<cut.place].count { $0 == UInt8(ascii: "\n") }
    }
}
