import Experiments
import TestSupport
import Testing

/// What a swarm makes of a Compose file. The cases were compared with `docker stack config` of Docker 28.2.
@Suite(.timed) struct StackFileTests {
    private func lines(_ text: String) throws -> [String] {
        try StackFileCheck.findings(in: text, file: "f").map { "\($0.fault.line) \($0.effect.rawValue)" }
    }

    @Test func whatASwarmIgnoresIsNamedWithItsPlace() throws {
        let text = """
            services:
              web:
                image: web
                build: .
                container_name: mine
                restart: always
                depends_on: [db]
                ports: ["127.0.0.1:80:80", "8080:80"]
              db:
                image: db
            """
        #expect(try lines(text) == ["4 ignored", "5 ignored", "6 ignored", "7 ignored", "8 ignored"])
        let findings = try StackFileCheck.findings(in: text, file: "f")
        #expect(
            findings.first?.description == "f:4:5: ignored: build: the image must be in a registry, or on every node")
        #expect(findings.last?.fault.message.contains("127.0.0.1:80:80") == true)
    }

    @Test(arguments: [
        "version: \"2.4\"\nservices: { a: { image: i } }",
        "name: x\nservices: { a: { image: i } }",
        "services: { a: { image: i, depends_on: { b: { condition: service_healthy } } }, b: { image: i } }",
        "services: { a: { image: i, scale: 2 } }",
        "services: { a: { image: i, cpu_period: 20000 } }",
        "services: { a: { image: i, mem_limit: 5m } }",
        "services: { a: { image: i, ports: [{ target: 80, host_ip: 127.0.0.1 }] } }",
        "services: { a: { image: i, env_file: [{ path: x }] } }",
        "services: { a: { image: i, extends: { service: b } }, b: { image: i } }",
        "services: { a: { image: i, networks: [n] } }\nnetworks: { n: { driver: bridge } }",
        "services: { a: { command: x } }",
    ])
    func whatASwarmRefusesIsNamed(_ text: String) throws {
        let found = try lines(text)
        #expect(found.count { $0.hasSuffix("refused") } == 1, "\(found)")
    }

    @Test func aLimitOfCPUMustBeATextAndHasItsOwnPeriod() throws {
        let plain = "services: { a: { image: i, deploy: { resources: { limits: { cpus: 0.5 } } } } }"
        #expect(Set(try lines(plain)) == ["1 refused", "1 different"])
        #expect(try lines(plain.replacing("0.5", with: "\"0.5\"")) == ["1 different"])
    }

    @Test func whatMeansSomethingElseIsNamed() throws {
        let text = """
            services:
              a:
                image: "i:${TAG}"
                environment: { KEPT: "${PORT:-80} $${NOT}" }
                volumes: ["./x:/y", "data:/z", "/w"]
            volumes:
              data: {}
            """
        #expect(try lines(text) == ["3 different", "5 different", "7 different"])
    }

    @Test func keysOfAnchorsAndMergesCount() throws {
        let text = """
            x-all: &all
              image: i
              restart: always
            services:
              a:
                <<: *all
            """
        #expect(try lines(text) == ["3 ignored"])
    }

    @Test func aFileWithoutFaultsHasNoFindings() throws {
        let text = """
            version: "3.8"
            services:
              a: { image: i, ports: ["80:80"], deploy: { replicas: 2 }, healthcheck: { test: [CMD, x] } }
            networks: { default: { driver: overlay } }
            """
        #expect(try lines(text) == [])
    }

    @Test(arguments: ["", "a: [", "services: 3", "- x"])
    func whatIsNoComposeFileIsRefused(_ text: String) {
        #expect(throws: DefinitionFault.self) { try StackFileCheck.findings(in: text, file: "f") }
    }
}
