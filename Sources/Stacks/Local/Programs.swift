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

    /// Absolute path; nil where it is not installed.
    package var path: String? { InstalledPrograms.path(of: rawValue) }

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
        return result.flatMap { InstalledPrograms.version(in: $0.standardOutput + $0.standardError) }
    }
}
