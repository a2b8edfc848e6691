/// A Compose project of somebody's own, of which little is known.
enum OtherProject {
    /// - Parameters:
    ///   - environment: of the web server, as YAML.
    ///   - says: a statement in Python that it runs at its start.
    ///   - chatter: what another container runs before the server starts, in a shell.
    static func compose(environment: String = "{}", says: String = "pass", chatter: String = "true") -> String {
        """
        services:
          web:
            image: python:3.11-slim
            stop_signal: SIGKILL
            env_file: [{ path: .env, required: false }]
            environment: \(environment)
            entrypoint: ["python3", "-c", "\(server(says))"]
            depends_on:
              chatter: { condition: service_completed_successfully }
          chatter:
            image: redis:7
            entrypoint: ["/bin/sh", "-c", "\(chatter.replacing("$", with: "$$"))"]
        """ + "\n"
    }

    private static func server(_ says: String) -> String {
        [
            "import os, http.server as h", says,
            "H = type('H', (h.BaseHTTPRequestHandler,), dict(do_GET=lambda s: (s.send_response(200), "
                + "s.send_header('Content-Length', '2'), s.end_headers(), s.wfile.write(b'[]')), "
                + "protocol_version='HTTP/1.1', log_message=lambda *a: None))",
            "h.ThreadingHTTPServer(('', 5000), H).serve_forever()",
        ].joined(separator: "\\n")
    }

    static func definition(_ file: String) -> String {
        """
        name: other
        title: "other"
        stack:
          compose_file: \(file)
          service: web
          port: 5000
          ready: /
        load:
          tasks:
            - { name: all, get: /, expect: { status: 200, is: list } }
          think_time: 100ms..300ms
          ramp: [{ users: 5, spawn_rate: 20/s, hold: 2s }]
          timeout: 2s
        limits: ["error_rate > 1% for 2s"]
        """
    }
}
