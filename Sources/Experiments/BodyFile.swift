import Foundation
import Model

/// Reads a request body from its file beside the experiment, and cuts it at its placeholders.
struct BodyFile {
    let log: FaultLog
    let folder: String
    let dataset: Dataset?
    /// Names of values that tasks take out of answers.
    var variables: [String] = []

    static let largest = 65_536
    static let largestTable = 1_000_000

    /// - Returns: nil after a fault: one in the path stands at the value, one in the body in the body's own file.
    func pieces(of value: YAMLValue, named key: String) -> [BodyTemplate.Piece]? {
        do throws(Unreadable) {
            let path = try value.scalar("a file's name")
            let bytes = try contents(of: path)
            let shown = folder.isEmpty ? path : "\(folder)/\(path)"
            // What is no text has no placeholders.
            if !path.hasSuffix(".json"), String(validating: bytes, as: UTF8.self) == nil {
                return [.file(try reference(path))]
            }
            do throws(DefinitionFault) {
                let text = try SourceText(bytes: bytes, file: shown)
                return try BodyParser(text: text, file: shown, placeholders: placeholders).pieces()
            } catch {
                log.add([error])
                return nil
            }
        } catch {
            log.add("\(key): \(error.message)", at: value.place)
            return nil
        }
    }

    /// Text within the definition, cut at its placeholders.
    func pieces(inline text: String) throws(Unreadable) -> [BodyTemplate.Piece] {
        do throws(DefinitionFault) {
            let source = try SourceText(bytes: Array(text.utf8), file: "")
            return try BodyParser(text: source, file: "", placeholders: placeholders).pieces()
        } catch {
            throw Unreadable(error.message)
        }
    }

    /// The placeholders of this experiment.
    var placeholders: Placeholder {
        Placeholder(dataset: dataset, variables: variables) { path throws(Unreadable) in
            try CSVTable(contents(of: path, largest: Self.largestTable), file: path)
        }
    }

    /// A file of any size, to be sent as it is.
    func reference(_ path: String) throws(Unreadable) -> BodyFileReference {
        let file = try place(of: path)
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: file, isDirectory: &isFolder) else {
            throw Unreadable("there is no file \"\(path.shortened)\" beside the experiment")
        }
        guard !isFolder.boolValue else { throw Unreadable("\"\(path.shortened)\" is not a file") }
        guard FileManager.default.isReadableFile(atPath: file) else {
            throw Unreadable("\"\(path.shortened)\" cannot be read")
        }
        return BodyFileReference(name: path, path: file)
    }

    private func place(of path: String) throws(Unreadable) -> String {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard !path.hasPrefix("/"), !parts.contains(".."), !path.isEmpty, !path.contains("\0") else {
            throw Unreadable("\"\(path.shortened)\" leaves the experiment's folder; bodies lie in it or below")
        }
        let root = URL(filePath: folder.isEmpty ? "." : folder).resolvingSymlinksInPath().path
        let file = URL(filePath: root).appending(path: path).resolvingSymlinksInPath().path
        guard file.hasPrefix(root.hasSuffix("/") ? root : root + "/") else {
            throw Unreadable("\"\(path.shortened)\" leads out of the experiment's folder; bodies lie in it or below")
        }
        return file
    }

    private func contents(of path: String, largest: Int = Self.largest) throws(Unreadable) -> [UInt8] {
        let file = try place(of: path)
        let bytes: [UInt8]
        do throws(FileError) {
            bytes = try SmallFile.contents(of: file, largest: largest)
        } catch {
            switch error {
            case .missing: throw Unreadable("there is no file \"\(path.shortened)\" beside the experiment")
            case .notAFile: throw Unreadable("\"\(path.shortened)\" is not a file")
            case .tooLarge:
                throw Unreadable("\"\(path.shortened)\" is larger than \(largest == Self.largest ? "64 KiB" : "1 MB")")
            case .unreadable(let reason): throw Unreadable("\"\(path.shortened)\" cannot be read: \(reason)")
            }
        }
        return bytes
    }
}
