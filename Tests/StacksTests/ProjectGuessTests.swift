import Foundation
import Model
import Stacks
import TestSupport
import Testing

/// What is guessed of a project, from the form in which Compose resolves it.
@Suite(.timed) struct ProjectGuessTests {
    private func guess(_ services: String) throws -> ProjectGuess {
        let text = "{\"services\": {\(services)}}"
        return try ProjectGuess(JSONDecoder().decode(ResolvedProject.self, from: Data(text.utf8)))
    }

    private func port(_ target: Int, _ transport: String = "tcp") -> String {
        "{\"mode\":\"ingress\",\"target\":\(target),\"published\":\"\(target)\",\"protocol\":\"\(transport)\"}"
    }

    @Test func theOnlyServiceThatListensIsTaken() throws {
        let guess = try guess("\"web\": {\"image\": \"own/app:1\", \"ports\": [\(port(5000))]}")
        #expect(guess.service == "web" && guess.port == 5000)
        #expect(guess.readyPath == nil && guess.restore == nil)
        #expect(guess.remarks == ["The load goes to the service web, port 5000: it is published."])
    }

    @Test func toolsAndDatabasesAreNot() throws {
        let tools = [
            "mysql:8.4", "postgres:16", "bitnami/redis:7", "prom/prometheus", "grafana/grafana", "dpage/pgadmin4",
            "locustio/locust",
            "phpmyadmin", "prom/mysqld-exporter", "rabbitmq:3-management",
        ]
        let others = tools.enumerated().map { "\"a\($0)\": {\"image\": \"\($1)\", \"ports\": [\(port(80))]}" }
        let guess = try guess(
            (others + ["\"zoo\": {\"image\": \"zoo\", \"expose\": [\"7000\"]}"]).joined(separator: ","))
        #expect(guess.service == "zoo" && guess.port == 7000)
        #expect(throws: Problem.self) { try self.guess(others.joined(separator: ",")) }
    }

    @Test func whatStandsInFrontIsTakenBeforeWhatStandsBehind() throws {
        let guess = try guess(
            """
            "app": {"build": {}, "expose": ["5000/tcp"]},
            "entrance": {"image": "nginx:1.28", "ports": [\(port(443)), \(port(80))]}
            """)
        #expect(guess.service == "entrance" && guess.port == 80)
        #expect(guess.remarks.contains("It could also go to: app (port 5000)."))
    }

    /// A balancer that is not reached from outside balances something else.
    @Test func whatAnswersIsTakenBeforeWhatIsShown() throws {
        let guess = try guess(
            """
            "frontend": {"build": {}, "ports": [\(port(3000))], "depends_on": {"api": {"condition": "service_started"}}},
            "api": {"build": {}, "ports": [\(port(8000))], "depends_on": {"db": {"condition": "service_healthy"}}},
            "db": {"image": "postgres:16"}
            """)
        #expect(guess.service == "api")
        #expect(guess.remarks.first?.contains("it depends on a database or the like") == true)
    }

    @Test(
        arguments: [
            ("[\"CMD\",\"curl\",\"-f\",\"http://localhost:9000/health-check\"]", 9000, "/health-check"),
            ("[\"CMD-SHELL\",\"wget -qO- http://127.0.0.1:9000/ready?deep=1 || exit 1\"]", 9000, "/ready?deep=1"),
            ("[\"CMD\",\"python\",\"-c\",\"urlopen('http://localhost:9000/up')\"]", 9000, "/up"),
            ("[\"CMD\",\"curl\",\"http://0.0.0.0:9000\"]", 9000, "/"),
        ]) func theHealthCheckTellsPortAndPath(check: String, port: Int, path: String) throws
    {
        let guess = try guess(
            """
            "web": {"build": {}, "healthcheck": {"test": \(check)},
                    "ports": [\(self.port(5000)), \(self.port(5353, "udp")), \(self.port(9000))]}
            """)
        #expect(guess.port == port && guess.readyPath == path)
    }

    @Test(arguments: ["[\"CMD\",\"pg_isready\"]", "[\"NONE\"]", "[\"CMD\",\"curl\",\"http://other:80/x\"]"])
    func aCheckOfSomethingElseTellsNothing(check: String) throws {
        let guess = try guess("\"web\": {\"healthcheck\": {\"test\": \(check)}, \"ports\": [\(port(5000))]}")
        #expect(guess.port == 5000 && guess.readyPath == nil)
    }

    @Test func aDatabasesVolumeIsBroughtBack() throws {
        func project(_ mount: String) throws -> ProjectGuess {
            try guess(
                """
                "web": {"build": {}, "ports": [\(port(5000))], "volumes": [{"type": "volume", "source": "logs"}]},
                "db": {"image": "docker.io/library/mysql:8", "volumes": [{"type": "\(mount)", "source": "data"}]}
                """)
        }
        #expect(try project("volume").restore == .volumes)
        #expect(try project("bind").restore == nil)
    }

    @Test func onTheHostsNetworkNoPortIsKnown() throws {
        #expect {
            _ = try guess("\"web\": {\"image\": \"own\", \"network_mode\": \"host\"}")
        } throws: {
            "\($0)".contains("web is on the network of the host") && "\($0)".contains("url:")
        }
    }

    @Test func whereNothingListensTheServicesAreNamed() throws {
        #expect {
            _ = try guess(
                "\"worker\": {\"image\": \"own\"}, \"dns\": {\"image\": \"own\", \"ports\": [\(port(53, "udp"))]}")
        } throws: {
            "\($0)".contains("(dns, worker)") && "\($0)".contains("Add ports or expose")
        }
    }
}
