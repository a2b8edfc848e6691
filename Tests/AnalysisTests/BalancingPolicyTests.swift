import Analysis
import TestSupport
import Testing

@Suite(.timed) struct BalancingPolicyTests {
    private func configuration(_ inside: String) -> String {
        """
        events {}
        http {
            upstream store {
                \(inside)
                server 127.0.0.1:5001 weight=3;
                server 127.0.0.1:5002;
            }
            server { location / { proxy_pass http://store; } }
        }
        """
    }

    @Test(arguments: [
        ("", BalancingPolicy.roundRobin),
        ("least_conn;", .leastConnections),
        ("ip_hash ;", .ipHash),
        ("random;", .random),
        ("random two;", .randomTwo(method: "least_conn")),
        ("random two least_time=header;", .randomTwo(method: "least_time=header")),
        ("hash $request_uri;", .hash(key: "$request_uri", consistent: false)),
        ("hash \"$remote_addr$uri\" consistent;", .hash(key: "$remote_addr$uri", consistent: true)),
        ("least_time header;", .other("least_time header")),
        ("# least_conn;", .roundRobin),
        ("keepalive 64; # ip_hash;\n", .roundRobin),
        ("zone store 64k; least_conn;", .leastConnections),
        ("least_conn\n;", .leastConnections),
    ])
    func readsTheDirective(inside: String, policy: BalancingPolicy) throws {
        let found = try #require(DeployedPolicy(nginxConfiguration: configuration(inside)))
        #expect(found.policy == policy)
        #expect(found.servers == ["127.0.0.1:5001 weight=3", "127.0.0.1:5002"])
    }

    @Test func theExcerptIsTheUpstreamAsItStands() throws {
        let found = try #require(
            DeployedPolicy(nginxConfiguration: configuration("ip_hash; # one client, one replica")))
        #expect(found.lines == 3...7)
        #expect(
            found.excerpt == """
                    upstream store {
                        ip_hash; # one client, one replica
                        server 127.0.0.1:5001 weight=3;
                        server 127.0.0.1:5002;
                    }
                """)
    }

    @Test func aDirectiveElsewhereIsNotThePolicy() throws {
        let text = """
            # upstream store { ip_hash; }
            upstream other { least_conn; server a; }
            upstream "store" { server b; }
            server { location / { set $x "ip_hash; }"; proxy_pass http://store/; } }
            """
        let found = try #require(DeployedPolicy(nginxConfiguration: text))
        #expect(found.upstream == "store")
        #expect(found.policy == .roundRobin)
        #expect(found.servers == ["b"])
    }

    @Test(arguments: ["", "events {}", "upstream store { server a;", "}}}", "upstream {}", "# upstream s { }"])
    func noWholeUpstreamIsNoPolicy(text: String) {
        #expect(DeployedPolicy(nginxConfiguration: text) == nil)
    }

    @Test func windowsLineEndsAreLines() throws {
        let text = configuration("least_conn;").split(separator: "\n").joined(separator: "\r\n")
        let found = try #require(DeployedPolicy(nginxConfiguration: text))
        #expect(found.policy == .leastConnections)
        #expect(found.lines == 3...7)
        #expect(!found.excerpt.contains("\r"))
    }
}
