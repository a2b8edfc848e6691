import Foundation
import Model
import Stacks

/// A browser of the Chromium family, which prints pages as PDF.
struct Browser {
    private let program: OutsideProgram

    private let page: String

    /// - Parameter page: a file that a person could print instead.
    /// - Throws: `Problem` that says how to get one.
    static func find(elsePrint page: String) throws -> Browser {
        let environment = ProcessInfo.processInfo.environment
        let names = [
            "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge",
        ]
        let named = environment["STORELAB_BROWSER"].map { [$0] } ?? []
        guard let found = OutsideProgram.find(named + names, in: environment["PATH"] ?? "") else {
            throw Problem(
                .machine, "Chromium is needed to print the PDF, and is not installed",
                nextStep: "Install it with: sudo apt-get install --no-install-recommends chromium; or open \(page) in "
                    + "any browser and print it to a file. STORELAB_BROWSER can name another browser based on Chromium."
            )
        }
        return Browser(program: found, page: page)
    }

    /// - Throws: `Problem` with what the browser said.
    func pdf(of text: String) async throws -> Data {
        try await TemporaryFolder.with { folder in
            let (file, made) = (folder.appending(path: "page.html"), folder.appending(path: "page.pdf"))
            try Data(text.utf8).write(to: file)
            let ending = try await program.run(
                [
                    "--headless=new", "--disable-gpu", "--no-pdf-header-footer", "--disable-dev-shm-usage",
                    "--user-data-dir=\(folder.path)/profile", "--print-to-pdf=\(made.path)",
                ] + (getuid() == 0 ? ["--no-sandbox"] : []) + [file.absoluteString])
            // A disk that became full leaves a part of one.
            guard ending.succeeded, let pdf = FileManager.default.contents(atPath: made.path), Self.isWhole(pdf) else {
                throw Problem(
                    .machine, "\(program.path) made no PDF: \(ending.complaint)",
                    nextStep: ending.complaint.contains("No space left")
                        ? TemporaryFolder.free : "Open \(page) in a browser and print it to a file.")
            }
            return pdf
        }
    }

    /// A page that names the pages of its own headings: a first print tells them, and the second has them.
    /// - Parameter page: made for the pages by the anchors of headings; none the first time.
    /// - Throws: `Problem` with what the browser said, and what `page` throws.
    func pdf(_ page: ([String: Int]) throws -> String) async throws -> Data {
        let draft = try await pdf(of: page([:]))
        let pages = PDFPages.destinations(in: draft)
        return pages.isEmpty ? draft : try await pdf(of: page(pages))
    }

    /// The last line of a PDF is its end's mark (ISO 32000-1, 7.5.5).
    private static func isWhole(_ pdf: Data) -> Bool {
        pdf.starts(with: Data("%PDF-".utf8)) && pdf.suffix(32).range(of: Data("%%EOF".utf8)) != nil
    }
}
