package import Foundation
import Model
import Synchronization

/// Reading and writing of the record's files; every trouble names the file and says what the system said.
package enum RecordFiles {
    /// Held while there is a file that is not renamed yet.
    static let writing = Mutex(())

    /// Writes beside the file and renames, so that a reader never sees half of it.
    static func write(_ data: Data, to file: String) throws {
        do {
            try FileManager.default.createDirectory(
                atPath: (file as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
            try writing.withLock { _ in try data.write(to: URL(fileURLWithPath: file), options: .atomic) }
        } catch {
            throw cannot("write", file, error)
        }
    }

    static func write(_ value: some Encodable, to file: String, pretty: Bool = true) throws {
        try write(encode(value, pretty: pretty), to: file)
    }

    /// Ends the names of files that were compressed when their measurement had ended.
    static let packedEnding = ".gz"

    /// Whether a file is there, as it was written or compressed.
    static func exists(_ file: String) -> Bool {
        [file, file + packedEnding].contains { FileManager.default.fileExists(atPath: $0) }
    }

    /// What a file holds that may have been compressed; the one that was not is read where both are there.
    /// - Returns: what can be read, and whether that is all of it.
    package static func content(of file: String) throws -> (content: Data, isWhole: Bool) {
        let isPacked = !FileManager.default.fileExists(atPath: file)
        let name = isPacked && exists(file) ? file + packedEnding : file
        do {
            let data = try Data(contentsOf: URL(fileURLWithPath: name), options: .mappedIfSafe)
            return name == file ? (data, true) : Gzip.content(of: data)
        } catch {
            throw cannot("read", name, error)
        }
    }

    /// Compresses a file. It is removed only once the compressed one is on the disk and was read back, so that at any moment one
    /// of the two is whole. Where that cannot be done it stays as it is.
    static func pack(_ file: String) {
        let packed = file + packedEnding
        guard let content = try? Data(contentsOf: URL(fileURLWithPath: file)),
            let smaller = Gzip.compressed(content), (try? write(smaller, to: packed)) != nil
        else { return }
        if isOnDisk(packed), let read = try? Data(contentsOf: URL(fileURLWithPath: packed)),
            Gzip.content(of: read) == (content, true)
        {
            try? FileManager.default.removeItem(atPath: file)
        } else {
            try? FileManager.default.removeItem(atPath: packed)
        }
    }

    private static func isOnDisk(_ file: String) -> Bool {
        let descriptor = open(file, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return fsync(descriptor) == 0
    }

    static func encode(_ value: some Encodable, pretty: Bool) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting =
            pretty ? [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes] : [.sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(value)
    }

    static func read<Value: Decodable>(_ type: Value.Type, from file: String) throws -> Value {
        do {
            return try JSONDecoder().decode(type, from: Data(contentsOf: URL(fileURLWithPath: file)))
        } catch {
            throw cannot("read", file, error)
        }
    }

    static func cannot(_ verb: String, _ file: String, _ error: any Error) -> Problem {
        let cocoa = error as NSError
        let cause = cocoa.userInfo[NSUnderlyingErrorKey] as? NSError ?? cocoa
        let isFull = cause.domain == NSPOSIXErrorDomain && [Int(ENOSPC), Int(EDQUOT)].contains(cause.code)
        if isFull || (error as? CocoaError)?.code == .fileWriteOutOfSpace {
            return Problem(
                .machine, "cannot \(verb) \(file): no space left on the disk",
                nextStep: "Free some space, then try again; continue the run with: ./storelab run --resume")
        }
        if let decoding = error as? DecodingError {
            return Problem(.usage, "cannot \(verb) \(file): \(describe(decoding))")
        }
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: file, isDirectory: &isFolder), isFolder.boolValue {
            return Problem(.machine, "cannot \(verb) \(file): it is a folder")
        }
        let reason =
            cause.domain == NSPOSIXErrorDomain
            ? String(cString: strerror(Int32(cause.code))) : "\(error.localizedDescription)"
        return Problem(.machine, "cannot \(verb) \(file): \(reason)")
    }

    private static func describe(_ error: DecodingError) -> String {
        switch error {
        case .keyNotFound(let key, let context):
            "the field \(TolerantReader.written(context.codingPath + [key])) is missing"
        case .typeMismatch(let type, let context), .valueNotFound(let type, let context):
            "\(place(context)) is not \(kind(of: type))"
        case .dataCorrupted(let context) where context.codingPath.isEmpty: "it is not JSON, or its end is missing"
        case .dataCorrupted(let context): "\(place(context)): \(context.debugDescription)"
        @unknown default: "\(error)"
        }
    }

    private static func place(_ context: DecodingError.Context) -> String {
        context.codingPath.isEmpty ? "it" : "the field " + TolerantReader.written(context.codingPath)
    }

    private static func kind(of type: any Any.Type) -> String {
        switch type {
        case is String.Type: "a text"
        case is Bool.Type: "true or false"
        case is any Numeric.Type: "a number"
        case is [Any].Type: "a list"
        default: "an object"
        }
    }
}
