import Foundation
import Model
import Stacks

/// A browser of the Chromium family, which prints pages as PDF.
struct Browser {
    private let program: OutsideProgram

    /// - Throws: `Problem` that says how to get one.
    static func find() throws -> Browser {
        let environment = ProcessInfo.processInfo.environment
        let names = [
            "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge",
        ]
        let named = environment["STORELAB_BROWSER"].map { [$0] } ?? []
        guard let found = OutsideProgram.find(named + names, in: environment["PATH"] ?? "") else {
            throw Problem(
                .machine, "a PDF is printed by Chromium, and there is none on this machine",
                nextStep: "Get it with: sudo apt-get install --no-install-recommends chromium; or open report.html in "
                    + "any browser and print it to a file. STORELAB_BROWSER names another program of the same family.")
        }
        return Browser(program: found)
    }

    /// - Throws: `Problem` with what the browser said.
    func print(_ page: String, to path: String) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "storelab-print-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let (file, made) = (folder.appending(path: "page.html"), folder.appending(path: "page.pdf").path)
        try Data(page.utf8).write(to: file)
        let ending = await program.run(
            [
                "--headless=new", "--disable-gpu", "--no-pdf-header-footer", "--disable-dev-shm-usage",
                "--user-data-dir=\(folder.path)/profile", "--print-to-pdf=\(made)",
            ] + (getuid() == 0 ? ["--no-sandbox"] : []) + [file.absoluteString])
        guard ending.succeeded, FileManager.default.fileExists(atPath: made) else {
            throw Problem(
                .machine, "\(program.path) made no PDF: \(ending.complaint)",
                nextStep: "Open report.html in a browser and print it to a file.")
        }
        if FileManager.default.fileExists(atPath: path) { try FileManager.default.removeItem(atPath: path) }
        try FileManager.default.moveItem(atPath: made, toPath: path)
    }
}
