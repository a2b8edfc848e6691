import Subprocess
import SystemPackage

/// The checkout that the programs were built from.
package enum Checkout {
    /// Its commit, with `+` where files were changed; nil outside a checkout or without git.
    package static func commit(in folder: String) async -> String? {
        guard let head = await git(["rev-parse", "--short=12", "HEAD"], in: folder), !head.isEmpty else { return nil }
        let changes = await git(["status", "--porcelain", "--untracked-files=no"], in: folder) ?? ""
        return changes.isEmpty ? head : head + "+"
    }

    private static func git(_ arguments: [String], in folder: String) async -> String? {
        let result = try? await Subprocess.run(
            .name("git"), arguments: Arguments(["-C", folder] + arguments), output: .string(limit: 1 << 20))
        guard let result, result.terminationStatus.isSuccess else { return nil }
        return result.standardOutput.split(separator: "\n").first.map(String.init) ?? ""
    }
}
