import Foundation
import Model
import Stacks
import TestSupport
import Testing

@Suite(.timed) struct ProgramTests {
    /// The share that is asked for, in a quota that the kernel accepts.
    @Test(arguments: [0.01, 0.02, 0.05, 0.1, 0.25, 1, 3.5]) func aCPULimitIsTheShareAskedFor(cores: Double) {
        let (period, quota) = CPUGroup.bandwidth(cores)
        #expect(abs(Double(quota) / Double(period) - cores) < 0.01 * cores)
        #expect(quota >= 1000 && (20_000...1_000_000).contains(period))
    }

    @Test(
        arguments: [
            ("mariadbd  Ver 10.11.6-MariaDB-0+deb12u1 for debian-linux-gnu on x86_64 (Debian 12)", "10.11.6"),
            ("nginx version: nginx/1.22.1", "1.22.1"),
            ("Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64", "7.0.15"),
            ("prometheus, version 2.42.0+ds (branch: debian/sid, revision: 2.42.0+ds-5+b5)", "2.42.0"),
            ("no number here", nil),
            ("", nil),
        ] as [(String, String?)]
    ) func versionsAreReadFromWhatProgramsSay(text: String, version: String?) {
        #expect(InstalledPrograms.version(in: text) == version)
    }

    @Test func missingProgramsAreNamedWithTheirPackages() {
        let problem = Program.missing([.mariadb, .mariadbInstall, .nginx])
        #expect(problem.kind == .machine)
        #expect(problem.message == "not installed: mariadbd, mariadb-install-db, nginx")
        #expect(problem.nextStep?.hasSuffix("mariadb-server-core nginx-light") == true)
    }
}

@Suite(.timed) struct ProcessTableTests {
    @Test func aNameWithSpacesAndParenthesesIsNoObstacle() {
        let line =
            "4242 (a ) S (b) R 1 4240 4240 0 -1 4194560 1 0 0 0 150 50 0 0 20 0 5 0 1000 99999999 321 18446744073709551615"
        let entry = ProcessTable.parse(stat: line, pid: 4242)
        #expect(entry?.group == 4240)
        #expect(entry?.ticks == 200)
        #expect(entry?.pages == 321)
        #expect(entry?.isZombie == false)
    }

    @Test(arguments: ["", "1 (sh", "1 (sh) R 1", "1 (sh) R x y z"]) func damagedLinesAreNoEntry(line: String) {
        #expect(ProcessTable.parse(stat: line, pid: 1) == nil)
    }

    @Test func thisProcessIsThere() throws {
        let entry = try #require(ProcessTable.entry(getpid()))
        #expect(entry.pages > 0)
        #expect(!entry.isZombie)
    }
}

@Suite(.timed) struct StackTemplateTests {
    private static func nginx(policy: String?) throws -> String {
        var values: [String: any Sendable] = [
            "folder": "/w", "host": "127.0.0.1", "port": 8080, "connections": 2048, "openFiles": 4096,
            "replicas": [
                ["name": "store-1", "address": "127.0.0.1:1001"], ["name": "store-2", "address": "127.0.0.1:1002"],
            ],
        ]
        values["policy"] = policy
        return try Repository.templates.render("nginx.conf", values)
    }

    @Test func everyReplicaStandsInTheUpstream() throws {
        let text = try Self.nginx(policy: nil)
        #expect(text.contains("server 127.0.0.1:1001 max_fails=3 fail_timeout=5s;\n"))
        #expect(text.contains("server 127.0.0.1:1002 max_fails=3 fail_timeout=5s;\n"))
        #expect(text.contains("worker_connections 2048;"))
        #expect(!text.contains("\nuser "))
        #expect(!text.contains("{{"))
    }

    @Test(arguments: ["least_conn", "ip_hash", "random"]) func thePolicyIsADirective(policy: String) throws {
        #expect(try Self.nginx(policy: policy).contains("        \(policy);\n"))
    }

    @Test func everyReplicaIsATargetOfItsOwn() throws {
        let text = try Repository.templates.render(
            "prometheus.yml", ["replicas": [["name": "store-1", "address": "127.0.0.1:1001"]]])
        #expect(text.contains(#"- targets: ["127.0.0.1:1001"]"#))
        #expect(text.contains(#"labels: { replica: "store-1" }"#))
    }

    @Test func aMissingTemplateIsNamed() {
        #expect {
            try StackTemplates(folder: "/nowhere").render("nginx.conf", [:])
        } throws: { error in
            (error as? Problem)?.message == "cannot read /nowhere/nginx.conf.mustache"
        }
    }
}
