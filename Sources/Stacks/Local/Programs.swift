import Foundation
package import Model
import Subprocess
import SystemPackage

/// The programs that the local stack is made of.
package enum Program: String, CaseIterable, Sendable {
    case mariadb = "mariadbd"
    case mariadbInstall = "mariadb-install-db"
    case redis = "redis-server"
    case nginx
    case prometheus

    /// The Debian package that has it.
    package var debianPackage: String {
        switch self {
        case .mariadb, .mariadbInstall: "mariadb-server-core"
        case .redis: "redis-server"
        case .nginx: "nginx-light"
        case .prometheus: "prometheus"
        }
    }

    /// Absolute path; nil where it is not installed. Servers often lie in `sbin`, which
    /// is not in every user's `PATH`.
    package var path: String? { Self.find(rawValue) }

    static func find(_ name: String) -> String? {
        let folders =
            (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
            + ["/usr/sbin", "/usr/local/sbin", "/sbin", "/usr/local/bin", "/usr/bin", "/bin"]
        return folders.map { "\($0)/\(name)" }.first { (path: String) in access(path, X_OK) == 0 }
    }

    /// - Throws: `Problem` (machine) with the command that gets it.
    func required() throws -> String {
        if let path { return path }
        throw Self.missing([self])
    }

    package static func missing(_ programs: [Program]) -> Problem {
        let names = programs.map(\.rawValue).joined(separator: ", ")
        let packages = Set(programs.map(\.debianPackage)).sorted().joined(separator: " ")
        return Problem(
            .machine, "not installed: \(names)",
            nextStep: "On Debian or Ubuntu: sudo apt-get install --no-install-recommends \(packages)")
    }

    /// The version as the program says it, for example `10.11.6`; nil when it says none.
    package func version() async -> String? {
        guard let path, self != .mariadbInstall else { return nil }
        let flag = self == .nginx ? "-v" : "--version"
        let result = try? await Subprocess.run(
            .path(FilePath(path)), arguments: [flag], output: .string(limit: 4096), error: .string(limit: 4096))
        return result.flatMap { Self.version(in: $0.standardOutput + $0.standardError) }
    }

    /// The first number of the form `1.2` or `1.2.3` in a text.
    package static func version(in text: String) -> String? {
        text.split { !$0.isNumber && $0 != "." }.first { part in
            part.contains(".") && part.split(separator: ".").count > 1 && part.first?.isNumber == true
        }.map(String.init)
    }
}
