import Foundation
import Model

/// A folder for what is made with other programs before it is put in its place as a whole.
enum TemporaryFolder {
    /// What to do where the disk is full.
    static var free: String { "Free some space in \(NSTemporaryDirectory()), or set TMPDIR to a folder with some." }

    /// Of the names of all that this process makes among the temporary files.
    static let prefix = "storelab-temporary-\(getpid())-"

    /// For a program that ends without coming back to where it made them.
    static func removeAllOfThisProcess() {
        let folder = FileManager.default.temporaryDirectory
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        for name in names where name.hasPrefix(prefix) {
            try? FileManager.default.removeItem(at: folder.appending(path: name))
        }
    }

    /// Gives the body an empty folder and removes it afterwards.
    /// - Throws: `Problem` when it cannot be made or what was made there cannot be read; else what the body throws.
    static func with<Answer>(_ body: (URL) async throws -> Answer) async throws -> Answer {
        let folder = FileManager.default.temporaryDirectory.appending(path: prefix + UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: folder) }
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            return try await body(folder)
        } catch let error as CocoaError {
            throw Problem(
                .machine, "cannot use \(folder.path): \(error.localizedDescription)",
                nextStep: "Free some space there, or set TMPDIR to a folder that can be written.")
        }
    }
}
