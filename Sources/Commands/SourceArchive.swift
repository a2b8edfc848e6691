import Foundation
import Model
import Stacks

/// The source as a zip.
enum SourceArchive {
    /// Results, build products, and files that may hold secrets; in any folder.
    private static let left = [
        "output", ".build", ".env", ".env.*", "*.env", "*.pem", "*.key", "*.p12", "*.pfx", "*.jks", "*.kdbx", "id_rsa*",
        "id_dsa*", "id_ecdsa*", "id_ed25519*", ".netrc", ".npmrc", ".pypirc", ".htpasswd", ".my.cnf", ".aws", ".ssh",
    ]

    /// The commit that is checked out.
    /// - Throws: `Problem` where the folder is no checkout, git is missing or the disk is full.
    static func zip(of home: String) async throws -> Data {
        let search = ProcessInfo.processInfo.environment["PATH"] ?? ""
        guard let git = OutsideProgram.find(["git"], in: search) else {
            throw Problem(
                .machine, "git is needed to make the zip of the source, and is not installed",
                nextStep: "Install it with: sudo apt-get install --no-install-recommends git")
        }
        let archive = try await TemporaryFolder.with { folder in
            let file = folder.appending(path: "source.zip")
            let excluded = left.flatMap { [":(exclude,glob)**/\($0)", ":(exclude,glob)**/\($0)/**"] }
            let ending = try await git.run(
                [
                    "-C", home, "archive", "--format=zip", "--prefix=storelab/", "-o", file.path, "HEAD", "--", ".",
                ] + excluded)
            guard ending.succeeded else {
                throw Problem(
                    .machine, "git could not make a zip of \(home): \(ending.complaint)",
                    nextStep: ending.complaint.contains("No space left")
                        ? TemporaryFolder.free
                        : "Commit your work in a git repository, then try again.")
            }
            return try Data(contentsOf: file)
        }
        if let commit = await Checkout.commit(in: home), commit.hasSuffix("+") {
            Terminal.tell(
                "storelab: the zip contains the last commit, without the changes made since then")
        }
        return archive
    }
}
