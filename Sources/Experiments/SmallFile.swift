import Foundation

enum FileError: Error {
    case missing
    case notAFile
    case tooLarge
    case unreadable(String)
}

/// Reads files whose size has a bound; a larger one is refused unread.
enum SmallFile {
    static func contents(of path: String, largest: Int) throws(FileError) -> [UInt8] {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { throw .missing }
        do {
            // The target's attributes, not the link's; a pipe or a device has no size and could block or never end.
            let target = URL(filePath: path).resolvingSymlinksInPath().path
            let attributes = try FileManager.default.attributesOfItem(atPath: target)
            guard attributes[.type] as? FileAttributeType == .typeRegular else { throw FileError.notAFile }
            guard let size = attributes[.size] as? Int, size <= largest else { throw FileError.tooLarge }
            let handle = try FileHandle(forReadingFrom: URL(filePath: path))
            defer { try? handle.close() }
            let data = try handle.read(upToCount: largest + 1) ?? Data()
            guard data.count <= largest else { throw FileError.tooLarge }
            return [UInt8](data)
        } catch let trouble as FileError {
            throw trouble
        } catch let error as CocoaError where error.code == .fileReadNoPermission {
            throw .unreadable("permission denied")
        } catch {
            throw .unreadable("\(error.localizedDescription)")
        }
    }
}
