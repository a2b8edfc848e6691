import Foundation
import TestSupport

/// The rules of axe-core, by Deque, with which the pages are checked in the browser.
enum Axe {
    /// As `./storelab test` installs it from PyPI; nil where it could not.
    static let script: String? = {
        let folder = Laboratory.home + "/.build/axe"
        let file = FileManager.default.subpaths(atPath: folder)?.first { $0.hasSuffix("/axe.min.js") }
        return file.flatMap { try? String(contentsOfFile: "\(folder)/\($0)", encoding: .utf8) }
    }()

    static let missing = "axe-core is not there: ./storelab test installs it from PyPI"

    /// Languages and colours to look at: in the full tier all, else each once.
    static let views: [(language: String, scheme: String)] =
        Tier.isFull
        ? [("en", "light"), ("en", "dark"), ("fr", "light"), ("fr", "dark")] : [("en", "light"), ("fr", "dark")]
}

extension Browser {
    /// What axe finds on the page that is serious or critical, folded parts opened; and that it looked at something.
    func axe() async throws -> [String] {
        guard let script = Axe.script else { throw Trouble(description: Axe.missing) }
        _ = try await evaluate(
            "for (const one of document.querySelectorAll('details')) one.open = true; \(script); return null")
        let found = try await evaluateLater(
            """
            axe.run(document, { resultTypes: ["violations"] }).then((all) => done({
              passed: all.passes.length,
              faults: all.violations.filter((one) => ["serious", "critical"].includes(one.impact)).map((one) =>
                one.id + ": " + one.nodes.slice(0, 5).map((node) => node.target.join(" ") + " " + node.html.slice(0, 200)).join("; "))
            })).catch((error) => done({ passed: 0, faults: [String(error)] }))
            """)
        guard let found = found as? [String: Any], let passed = found["passed"] as? Int,
            let faults = found["faults"] as? [String]
        else { throw Trouble(description: "axe answered \(found)") }
        return faults + (passed > 10 ? [] : ["axe looked at \(passed) rules only"])
    }
}
