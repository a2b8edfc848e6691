import Foundation
import TestSupport
import Testing
import Web

/// Names that try to lead out of the folders. A secret lies beside them, which none of the names may show or change.
@Suite(.timed) struct HostilePathTests {
    static let secret = "the-secret-beside"

    /// About 300 of them.
    static let names: [String] = {
        let targets = [
            "secret.yaml", "secret.txt", "outside/manifest.json", "etc/passwd", "outside", "output/../secret.txt",
        ]
        let ups = [
            "..", "../..", "../../../../../..", "%2e%2e", "%2e%2e%2f..", "..%2f..", "..%252f..", "%252e%252e", "....//",
            "..\\", "..%5c..", "%c0%ae%c0%ae", "..%00", "..;", ".%2e", "%uff0e%uff0e", "‥", "．．", "..\u{0}",
            "optional/..", "optional/../..", "./..", "bodies/../..", "//..", "/..", "a/../..", "latest/..", "run/..",
        ]
        let both = ups.flatMap { up in targets.map { "\(up)/\($0)" } }
        return both + ups + [
            "/etc/passwd", "/etc/shadow", "//etc/passwd", "\\etc\\passwd", "file:///etc/passwd", "C:\\boot.ini", ".",
            "",
            "/", "~", "~/.ssh/id_rsa", "link.yaml", "link", "linked", "linked/secret.yaml", "optional/link.yaml",
            "linked/manifest.json", "loop.yaml", "folder.yaml", ".hidden.yaml", "good.yaml/", "good.yaml/.",
            "./good.yaml", "good.yaml\u{0}.txt", "good.yaml%00", "GOOD.YAML", "optional//deep.yaml",
            "optional/./deep.yaml",
            "pipe.yaml", "*", "*.yaml", "?", "good.yam", "run/../good", "run/", "./run", "latest", "linked-run",
            "con", "nul", "$(id)", "`id`", "; id", "| id", "good.yaml\n", "\ngood.yaml", "%67ood.yaml", "g%6Fod.yaml",
        ]
    }()

    private func withFolders(_ work: (ExperimentShelf, RunShelf, String) throws -> Void) throws {
        let files = FileManager.default
        let root = files.temporaryDirectory.appending(path: "storelab-web-\(UUID().uuidString)").path
        defer { try? files.removeItem(atPath: root) }
        for folder in ["experiments/optional", "experiments/folder.yaml", "output/run", "outside"] {
            try files.createDirectory(atPath: "\(root)/\(folder)", withIntermediateDirectories: true)
        }
        func write(_ text: String, _ name: String) throws {
            try Data(text.utf8).write(to: URL(filePath: "\(root)/\(name)"))
        }
        for name in [
            "secret.yaml", "secret.txt", "outside/manifest.json", "outside/report.html", "outside/secret.yaml",
        ] {
            try write(Self.secret, name)
        }
        try write("name: good\n", "experiments/good.yaml")
        try write(Self.secret, "experiments/.hidden.yaml")
        try write("name: deep\n", "experiments/optional/deep.yaml")
        try write("{}", "output/run/manifest.json")
        try write("report", "output/run/report.html")
        func link(_ name: String, to target: String) throws {
            try files.createSymbolicLink(atPath: "\(root)/\(name)", withDestinationPath: target)
        }
        try link("experiments/link.yaml", to: "../secret.yaml")
        try link("experiments/loop.yaml", to: "loop.yaml")
        try link("experiments/linked", to: "../outside")
        try link("experiments/optional/link.yaml", to: "../../secret.yaml")
        try link("output/linked-run", to: "../outside")
        try link("output/latest", to: "run")
        try link("output/run/report.json", to: "../../secret.txt")
        #expect(mkfifo("\(root)/experiments/pipe.yaml", 0o600) == 0)
        try work(
            ExperimentShelf(path: "\(root)/experiments"), RunShelf(path: "\(root)/output"), root)
    }

    @Test func theyAreMany() { #expect(Set(Self.names).count >= 200) }

    @Test func noneShowsAFile() throws {
        try withFolders { experiments, runs, _ in
            #expect(experiments.text(of: "good.yaml") == "name: good\n")
            #expect(experiments.text(of: "optional/deep.yaml") == "name: deep\n")
            #expect(runs.product("report.html", of: "run") != nil)
            #expect(experiments.entries.map(\.name) == ["good.yaml", "optional/deep.yaml"])
            #expect(runs.entries.map(\.name) == ["run"])
            for name in Self.names {
                #expect(experiments.path(of: name) == nil && experiments.text(of: name) == nil, "\(name)")
                #expect(runs.run(name) == nil && runs.product(name, of: "run") == nil, "\(name)")
                #expect(runs.product("report.html", of: name) == nil, "\(name)")
            }
            // A link in a run's own folder.
            #expect(runs.product("report.json", of: "run") == nil)
        }
    }

    @Test func noneIsWrittenOrRemoved() throws {
        try withFolders { experiments, runs, root in
            let before = try FileManager.default.subpathsOfDirectory(atPath: root).sorted()
            for name in Self.names {
                if !name.isEmpty, name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }) {
                    continue
                }
                #expect(throws: (any Error).self, "\(name)") { try experiments.save("name: new\n", as: name) }
            }
            for name in Self.names {
                #expect(throws: (any Error).self, "\(name)") { try runs.delete(name) }
            }
            #expect(try FileManager.default.subpathsOfDirectory(atPath: root).sorted() == before)
            let kept = FileManager.default.contents(atPath: "\(root)/outside/manifest.json")
            #expect(kept.map { String(decoding: $0, as: UTF8.self) } == Self.secret)
        }
    }
}
