import Foundation

/// Programs of this machine.
package enum InstalledPrograms {
    /// Absolute path; nil where it is not installed. Servers often lie in `sbin`, which is not in every user's `PATH`.
    static func path(of name: String) -> String? {
        let folders =
            (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
            + ["/usr/sbin", "/usr/local/sbin", "/sbin", "/usr/local/bin", "/usr/bin", "/bin"]
        return folders.map { "\($0)/\(name)" }.first { (path: String) in access(path, X_OK) == 0 }
    }

    /// The first number of the form `1.2` or `1.2.3` in what a program says of itself.
    package static func version(in text: String) -> String? {
        text.split { !$0.isNumber && $0 != "." }.first { part in
            part.contains(".") && part.split(separator: ".").count > 1 && part.first?.isNumber == true
        }.map(String.init)
    }
}
