import Foundation

/// A folder out of which nothing leads: what is asked for is looked up in a listing of what is there, never joined to a path,
/// and links that lead out of it are as if they were not there.
struct SafeFolder: Sendable {
    let path: String

    /// Names of the entries, sorted; hidden ones are left out.
    var names: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).filter { !$0.hasPrefix(".") }.sorted()
    }

    /// The path of an entry whose name was asked for.
    /// - Returns: nil when there is none of that name, or when it lies elsewhere.
    func entry(_ name: String) -> String? {
        guard names.contains(name), let real = Self.real("\(path)/\(name)"), let own = Self.real(path),
            real.hasPrefix(own + "/")
        else { return nil }
        return real
    }

    /// The path of a regular file.
    func file(_ name: String) -> String? { entry(name).flatMap { Self.kind(of: $0) == S_IFREG ? $0 : nil } }

    /// A folder in it, which is no link.
    func folder(_ name: String) -> SafeFolder? {
        guard let real = entry(name), Self.kind(of: real) == S_IFDIR, Self.kind(of: "\(path)/\(name)") == S_IFDIR else {
            return nil
        }
        return SafeFolder(path: real)
    }

    private static func real(_ path: String) -> String? {
        guard let found = realpath(path, nil) else { return nil }
        defer { free(found) }
        return String(cString: found)
    }

    private static func kind(of path: String) -> mode_t? {
        var status = stat()
        return lstat(path, &status) == 0 ? status.st_mode & S_IFMT : nil
    }
}
