import Foundation
import Model
import Synchronization

/// A file of JSON lines that only ever grows. A line is on the disk's way when `append` returns, so a killed program loses
/// at most the line that it was writing.
final class LineFile: Sendable {
    private let path: String
    private let descriptor: Mutex<Int32>

    /// - Parameter truncate: begins an empty file; else goes on at the end of the one that is there.
    init(path: String, truncate: Bool) throws {
        self.path = path
        let flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | (truncate ? O_TRUNC : 0)
        let opened = open(path, flags, 0o644)
        guard opened >= 0 else { throw RecordFiles.cannot("open", path, Self.systemError()) }
        descriptor = Mutex(opened)
    }

    deinit { descriptor.withLock { _ = close($0) } }

    /// - Parameter durable: waits until the disk has it.
    func append(_ value: some Encodable, durable: Bool = false) throws {
        var line = try RecordFiles.encode(value, pretty: false)
        line.append(UInt8(ascii: "\n"))
        try descriptor.withLock { descriptor in
            var rest = line[...]
            while !rest.isEmpty {
                let written = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
                if written < 0, errno == EINTR { continue }
                guard written >= 0 else { throw RecordFiles.cannot("write", path, Self.systemError()) }
                rest = rest.dropFirst(written)
            }
            if durable { fsync(descriptor) }
        }
    }

    /// The lines of a file; a last line that was cut off by a kill is left out.
    static func read<Line: Decodable>(_ type: Line.Type, from file: String) throws -> [Line] {
        let (lines, faults) = try readTolerantly(type, from: file)
        if let fault = faults.first { throw RecordFiles.cannot("read", "\(file):\(fault.line)", fault.error) }
        return lines
    }

    /// - Parameter quickly: reads a line by itself, and gives nil for one that `JSONDecoder` is to read.
    /// - Returns: the lines that can be read, and the others' numbers, from 1: the last of a compressed file that is damaged stands for
    ///   all that cannot be read behind it.
    static func readTolerantly<Line: Decodable>(
        _ type: Line.Type, from file: String, quickly: ((UnsafeRawBufferPointer) -> Line?)? = nil
    ) throws -> (lines: [Line], faults: [(line: Int, error: any Error)]) {
        let (data, isWhole) = try RecordFiles.content(of: file)
        let decoder = JSONDecoder()
        var lines: [Line] = []
        var faults: [(line: Int, error: any Error)] = []
        var number = 0
        data.withUnsafeBytes { bytes in
            var start = 0
            while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
                number += 1
                do {
                    if end > start {
                        let line = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
                        lines.append(try quickly?(line) ?? decoder.decode(Line.self, from: Data(line)))
                    }
                } catch {
                    faults.append((number, error))
                }
                start = end + 1
            }
        }
        if !isWhole { faults.append((number + 1, CocoaError(.fileReadCorruptFile))) }
        return (lines, faults)
    }

    private static func systemError() -> NSError { NSError(domain: NSPOSIXErrorDomain, code: Int(errno)) }
}
