import Foundation
import TestSupport
import Testing

extension OnRealServers {
    /// What is handed in, made of the committed sample and of a repository of its own.
    @Suite(.serialized) struct PackageTests {
        private static let secrets = [
            ".env", "sub/.env.local", "prod.env", "sub/server.key", "id_ed25519", ".netrc", ".build/x", "output/run/x",
            "sub/.ssh/config",
        ]

        /// A repository with the templates, some sources and some secrets, all committed, and the sample as a run.
        private func prepare(_ laboratory: inout Laboratory) async throws {
            let home = laboratory.folder + "/home"
            let files = FileManager.default
            try files.createDirectory(atPath: home, withIntermediateDirectories: true)
            try files.copyItem(atPath: Laboratory.home + "/templates", toPath: home + "/templates")
            for name in Self.secrets + ["Sources/a.swift", ".gitignore"] {
                let file = URL(fileURLWithPath: home + "/" + name)
                try files.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
                try Data(name.utf8).write(to: file)
            }
            let made = try await laboratory.shell(
                "cd home && git init -q && git add -Af && git -c user.name=a -c user.email=a@b commit -qm x")
            #expect(made == "")
            try files.copyItem(
                atPath: Laboratory.home + "/output/sample", toPath: laboratory.output + "/latest")
            laboratory.checkout = home
        }

        /// - Parameter browser: a script in place of one; without it there is no program of the family.
        private func package(
            _ laboratory: Laboratory, _ arguments: [String] = [], browser: String? = nil,
            during: @Sendable @escaping (Int32) async throws -> Void = { _ in }
        ) async throws -> Laboratory.Ending {
            let path = laboratory.folder + "/bin"
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            _ = try await laboratory.shell("ln -sf \"$(command -v git)\" bin/git")
            if let browser {
                try Data(("#!/bin/sh\n" + browser).utf8).write(to: URL(fileURLWithPath: path + "/chromium"))
                _ = try await laboratory.shell("chmod +x bin/chromium")
            }
            return try await laboratory.storelab(
                ["package", "latest", "--output", "output"] + arguments, environment: ["PATH": path], during: during)
        }

        /// Which says that it is there, and then does nothing.
        @Test func interruptionEndsTheBrowserToo() async throws {
            try await Laboratory.with { laboratory in
                var laboratory = laboratory
                try await prepare(&laboratory)
                let mark = laboratory.folder + "/browser"
                let ending = try await package(
                    laboratory, browser: "echo $$ > \(mark).new; /bin/mv \(mark).new \(mark)\n/bin/sleep 600\n"
                ) { pid in
                    while !FileManager.default.fileExists(atPath: mark) { try await Task.sleep(for: .milliseconds(20)) }
                    kill(pid, SIGINT)
                }
                #expect(ending.code == 130, "\(ending.errors)")
                let browser = try String(contentsOfFile: mark, encoding: .utf8)
                let pid = try #require(Int32(browser.trimmingCharacters(in: .whitespacesAndNewlines)))
                try await Laboratory.waitUntil("the browser has ended") { !Stopwatch.lives(pid) }
                #expect(try FileManager.default.contentsOfDirectory(atPath: laboratory.temporary) == [])
            }
        }

        @Test(arguments: [
            "exit 0", "for last; do case $last in --print-to-pdf=*) echo %PDF-1.4 > ${last#*=};; esac; done",
        ])
        func aBrowserThatPrintsNothingWholeLeavesNoPDF(script: String) async throws {
            try await Laboratory.with { laboratory in
                var laboratory = laboratory
                try await prepare(&laboratory)
                let pdf = laboratory.output + "/latest/rapport-remise.pdf"
                try Data("of an earlier call".utf8).write(to: URL(fileURLWithPath: pdf))
                let ending = try await package(laboratory, browser: script + "\n")
                #expect(ending.code == 3 && ending.errors.contains("made no PDF"), "\(ending.errors)")
                #expect(!FileManager.default.fileExists(atPath: pdf))
            }
        }

        @Test func theZipHoldsTheSourceWithoutSecretsAndResults() async throws {
            try await Laboratory.with { laboratory in
                var laboratory = laboratory
                try await prepare(&laboratory)
                let ending = try await package(laboratory)
                #expect(ending.code == 3 && ending.errors.contains("output/latest/rapport-remise.html in any browser"))
                let names = try await laboratory.shell("git -C home ls-tree -r --name-only HEAD | wc -l")
                #expect(Int(names.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0 > Self.secrets.count)
                let zip = try Data(contentsOf: URL(fileURLWithPath: laboratory.output + "/latest/source.zip"))
                func holds(_ name: String) -> Bool { zip.range(of: Data("storelab/\(name)".utf8)) != nil }
                #expect(holds("Sources/a.swift") && holds(".gitignore") && holds("templates/report/words.fr.txt"))
                for name in Self.secrets { #expect(!holds(name), "\(name)") }
            }
        }

        @Test func namesAreTextWhateverTheyHold() async throws {
            try await Laboratory.with { laboratory in
                var laboratory = laboratory
                try await prepare(&laboratory)
                let names = [
                    "O'Brien \"<script>x</script>\" & {{run}} ../../x", "line\nbreak", " ", "😀",
                    String(repeating: "x", count: 1000), #"\input{/etc/passwd} $x$ `id` $(id)"#,
                ]
                _ = try await package(laboratory, names.flatMap { ["--author", $0] })
                let page = try laboratory.read("rapport-remise.html")
                #expect(page.components(separatedBy: "class=\"author\"").count == names.count)
                #expect(page.contains("&lt;script&gt;x&lt;/script&gt;") && !page.contains("<script"))
                #expect(page.contains("{{run}} ../../x") && page.contains(">line break<") && page.contains("😀"))
                #expect(page.contains(#">\input{/etc/passwd} $x$ `id` $(id)<"#))
            }
        }

        @Test func whatCannotBeWrittenLeavesNoPartOfIt() async throws {
            try await Laboratory.with { laboratory in
                var laboratory = laboratory
                try await prepare(&laboratory)
                let run = laboratory.output + "/latest"
                // Not to be replaced by a file, whoever asks.
                try FileManager.default.createDirectory(
                    atPath: run + "/source.zip/x", withIntermediateDirectories: true)
                let before = try FileManager.default.contentsOfDirectory(atPath: run).sorted()
                let ending = try await package(laboratory)
                #expect(ending.code == 3 && ending.errors.contains("source.zip"), "\(ending.errors)")
                #expect(try FileManager.default.contentsOfDirectory(atPath: run).sorted() == before)
                #expect(try FileManager.default.contentsOfDirectory(atPath: laboratory.temporary) == [])
            }
        }
    }
}

extension Laboratory {
    /// What a shell script prints.
    fileprivate func shell(_ script: String) async throws -> String {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", script]
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        process.standardOutput = pipe
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self)
    }
}
