import Foundation
import Model

/// A checksum of each line of the record's files, written when they are complete: an edit of a number is found with its line.
/// It guards against accidents and thoughtless edits, not against someone who writes the checksums anew.
package struct Checksums: Codable {
    package static let name = "checksums.json"

    /// By file, relative to the folder and without the ending of a compressed one: FNV-1a of each line, eight hexadecimal
    /// digits after the other.
    package var files: [String: String]

    /// - Parameter files: relative to the folder.
    package init(of files: [String], in folder: String) throws {
        self.files = try files.reduce(into: [:]) { sums, file in
            sums[file] = try Self.lines(folder + "/" + file).map(Self.checksum).joined()
        }
    }

    /// Lines of a file in which it is not as it was recorded, from 1; a line too many or too few is one.
    package func changes(of file: String, in folder: String) throws -> [Int] {
        guard let recorded = files[file].map(Self.split) else { return [] }
        let found = try Self.lines(folder + "/" + file).map(Self.checksum)
        return (0..<max(found.count, recorded.count)).filter { line in
            line >= found.count || line >= recorded.count || found[line] != recorded[line]
        }.map { $0 + 1 }
    }

    private static func lines(_ file: String) throws -> [Data] {
        let (data, isWhole) = try RecordFiles.content(of: file)
        guard isWhole else { throw RecordFiles.cannot("read", file, CocoaError(.fileReadCorruptFile)) }
        return data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    }

    private static func split(_ sums: String) -> [String] {
        let digits = Array(sums)
        return stride(from: 0, to: digits.count, by: 8).map { String(digits[$0..<min($0 + 8, digits.count)]) }
    }

    /// G. Fowler, L. C. Noll, K.-P. Vo: FNV-1a, 64 bits, folded to 32.
    private static func checksum(_ line: Data) -> String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in line { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        let text = String((hash >> 32) ^ (hash & 0xFFFF_FFFF), radix: 16)
        return String(repeating: "0", count: 8 - text.count) + text
    }
}

/// A line of the record that is not as it was recorded.
package struct RecordChange: Sendable, Equatable {
    /// Relative to the run's folder.
    package var file: String
    /// nil: the file is not there, or cannot be read.
    package var line: Int?

    package init(file: String, line: Int?) {
        self.file = file
        self.line = line
    }
}

extension RunFolder {
    /// - Returns: changed lines, and the folders whose files have no checksums (of an older version, or interrupted).
    package func changedLines() throws -> (changes: [RecordChange], unchecked: [String]) {
        let manifest = try readManifestTolerantly().value
        let measured = manifest.plan.map { planned in
            MeasurementRecord.path(
                run: self, folder: recordedFolder(of: planned.experiment, at: planned.index),
                variant: planned.variant.name, repetition: planned.repetition)
        }.filter { FileManager.default.fileExists(atPath: $0) }
        var changes: [RecordChange] = []
        var unchecked: [String] = []
        for folder in [path] + measured {
            let relative = folder == path ? "" : folder.dropFirst(path.count + 1) + "/"
            guard FileManager.default.fileExists(atPath: folder + "/" + Checksums.name) else {
                unchecked.append(relative.isEmpty ? "manifest.json" : relative)
                continue
            }
            guard let sums = try? RecordFiles.read(Checksums.self, from: folder + "/" + Checksums.name) else {
                changes.append(RecordChange(file: relative + Checksums.name, line: nil))
                continue
            }
            for file in sums.files.keys.sorted() {
                if let lines = try? sums.changes(of: file, in: folder) {
                    changes += lines.map { RecordChange(file: relative + file, line: $0) }
                } else {
                    changes.append(RecordChange(file: relative + file, line: nil))
                }
            }
        }
        return (changes, unchecked)
    }
}
