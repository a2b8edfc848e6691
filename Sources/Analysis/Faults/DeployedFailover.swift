/// What a deployed Nginx does about a server that does not answer, as its configuration says (nginx.org, modules
/// ngx_http_upstream_module and ngx_http_proxy_module, with their defaults).
package struct DeployedFailover: Sendable, Equatable {
    package struct Server: Sendable, Equatable {
        /// Failed attempts within `failTimeout` after which a server gets nothing for as long; 0 for never.
        package var maxFails: String
        package var failTimeout: String

        package init(maxFails: String, failTimeout: String) {
            self.maxFails = maxFails
            self.failTimeout = failTimeout
        }
    }

    /// Of its servers, if they are all alike; nil where they differ.
    package var server: Server?
    /// The words after `proxy_next_upstream`: when a request is tried on the next server; `off` for never.
    package var nextUpstream: String
    package var connectTimeout: String
    package var readTimeout: String

    /// - Returns: nil when the text proxies to no upstream that it defines.
    package init?(nginxConfiguration text: String) {
        let directives = NginxDirective.all(in: text)
        let passes = directives.filter { $0.words.first == "proxy_pass" && $0.words.count > 1 }
        let upstreams = directives.filter { $0.words.first == "upstream" && $0.words.count > 1 && $0.isBlock }
        guard
            let (pass, upstream) = passes.lazy.compactMap({ pass in
                upstreams.first { pass.words[1].split(separator: "/").contains(Substring($0.words[1])) }.map {
                    (pass, $0)
                }
            }).first
        else { return nil }
        let servers = directives.filter { $0.parent == upstream.index && $0.words.first == "server" }.map { server in
            Server(
                maxFails: Self.parameter("max_fails", of: server) ?? "1",
                failTimeout: Self.parameter("fail_timeout", of: server) ?? "10s")
        }
        guard let first = servers.first else { return nil }
        server = servers.allSatisfy { $0 == first } ? first : nil
        /// In the block of `proxy_pass`, or the nearest around it.
        func value(_ name: String) -> String? {
            var block = pass.parent
            while true {
                let found = directives.last { $0.parent == block && $0.words.first == name && $0.words.count > 1 }
                if let found { return found.words.dropFirst().joined(separator: " ") }
                guard let inner = block else { return nil }
                block = directives[inner].parent
            }
        }
        nextUpstream = value("proxy_next_upstream") ?? "error timeout"
        connectTimeout = value("proxy_connect_timeout") ?? "60s"
        readTimeout = value("proxy_read_timeout") ?? "60s"
    }

    /// Whether a request that failed on one server is tried on another.
    package var triesNext: Bool { nextUpstream != "off" }

    private static func parameter(_ name: String, of server: NginxDirective) -> String? {
        server.words.lazy.compactMap { word in
            word.hasPrefix(name + "=") ? String(word.dropFirst(name.count + 1)) : nil
        }.first
    }
}
