import Foundation
import Results

/// Turns the compressed files of a record's folder, and of those below it, back into what they were, as `gunzip` does, so that a
/// test can change their lines.
public func unpack(in folder: String) throws {
    let names = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
    for name in names where name.hasSuffix(".gz") {
        let file = folder + "/" + name.dropLast(3)
        try RecordFiles.content(of: file).content.write(to: URL(fileURLWithPath: file))
        try FileManager.default.removeItem(atPath: file + ".gz")
    }
}
