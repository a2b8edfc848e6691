import Analysis
import TestSupport
import Testing

@Suite(.timed) struct DeployedFailoverTests {
    private func failover(server: String = "", http: String = "", location: String = "") -> DeployedFailover? {
        DeployedFailover(
            nginxConfiguration: """
                http {
                  \(http)
                  upstream store { server a:1 \(server); server b:1 \(server); }
                  server { location / { proxy_pass http://store; \(location) } location = /x { proxy_next_upstream http_500; } }
                }
                """)
    }

    @Test func whatIsNotWrittenIsNginxsDefault() {
        let found = failover()
        #expect(found?.server == .init(maxFails: "1", failTimeout: "10s"))
        #expect(found?.nextUpstream == "error timeout" && found?.triesNext == true)
        #expect(found?.connectTimeout == "60s" && found?.readTimeout == "60s")
    }

    @Test func theNearestBlockSaysIt() {
        let found = failover(
            server: "max_fails=3 fail_timeout=5s", http: "proxy_next_upstream timeout; proxy_read_timeout 2s;",
            location: "proxy_next_upstream off;")
        #expect(found?.server == .init(maxFails: "3", failTimeout: "5s"))
        #expect(found?.triesNext == false && found?.readTimeout == "2s")
    }

    @Test func serversThatDifferAreNotSaidToBeAlike() {
        let text = "upstream s { server a:1 max_fails=2; server b:1; } server { location / { proxy_pass http://s; } }"
        let found = DeployedFailover(nginxConfiguration: text)
        #expect(found != nil && found?.server == nil)
        #expect(DeployedFailover(nginxConfiguration: "http { }") == nil)
    }
}
