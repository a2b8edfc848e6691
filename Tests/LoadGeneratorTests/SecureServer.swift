import Foundation
import Testing

/// An nginx with a self-made certificate for `localhost`: secured ports and plain ones.
struct SecureServer {
    static let nginx = "/usr/sbin/nginx"
    static let openssl = "/usr/bin/openssl"
    static let isInstalled = [nginx, openssl].allSatisfy(FileManager.default.isExecutableFile)
    /// Longer than several TLS records, and than one read.
    static let large = "[" + String(repeating: "1234567890,", count: 20_000) + "1]"

    let folder: URL
    let port: Int
    let plainPort: Int
    let http2Port: Int
    /// Without TLS.
    let plainHTTP2Port: Int
    /// Without TLS; a connection has 50 requests.
    let briefHTTP2Port: Int
    /// Over TLS, for clients with its own certificate.
    let strictPort: Int

    var certificate: String { folder.appending(path: "own.pem").path }

    static func with(_ body: (SecureServer) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "storelab-tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try makeCertificate(in: folder)
        try Data(large.utf8).write(to: folder.appending(path: "large"))
        // Somebody may take a free port before nginx does.
        for _ in 0..<5 {
            let server = SecureServer(
                folder: folder, port: try await TestServer.deadPort(), plainPort: try await TestServer.deadPort(),
                http2Port: try await TestServer.deadPort(), plainHTTP2Port: try await TestServer.deadPort(),
                briefHTTP2Port: try await TestServer.deadPort(), strictPort: try await TestServer.deadPort())
            try Data(server.configuration.utf8).write(to: folder.appending(path: "nginx.conf"))
            let process = try start([nginx, "-p", folder.path, "-c", "nginx.conf", "-e", "error.log"])
            defer {
                kill(process, SIGTERM)
                _ = end(of: process)
            }
            guard try await server.isListening() else { continue }
            return try await body(server)
        }
        Issue.record("nginx does not start")
    }

    /// A new one, whom nobody vouches for, and its key.
    private static func makeCertificate(in folder: URL) throws {
        let certificate = try start([
            openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days",
            "2",
            "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout",
            folder.appending(path: "key.pem").path, "-out", folder.appending(path: "own.pem").path,
        ])
        try #require(end(of: certificate) == 0)
    }

    /// Connections get another certificate from some time soon. Sessions from before are unknown then.
    func changeCertificate() throws {
        try Self.makeCertificate(in: folder)
        let text = try String(contentsOf: folder.appending(path: "nginx.pid"), encoding: .utf8)
        let process = try #require(pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines)))
        try #require(kill(process, SIGHUP) == 0)
    }

    /// Foundation's Process can miss an exit.
    static func start(_ command: [String]) throws -> pid_t {
        var arguments = command.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
        var process = pid_t()
        try #require(posix_spawn(&process, command[0], &actions, nil, &arguments, environ) == 0)
        return process
    }

    /// - Returns: its status once it has ended.
    static func end(of process: pid_t) -> CInt {
        var status: CInt = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        return status
    }

    private var configuration: String {
        """
        daemon off; worker_processes 1; pid nginx.pid; error_log error.log;
        events { worker_connections 1024; }
        http {
          access_log off; default_type application/json; root \(folder.path);
          client_body_temp_path t; proxy_temp_path t; fastcgi_temp_path t; uwsgi_temp_path t; scgi_temp_path t;
          ssl_certificate own.pem; ssl_certificate_key key.pem;
          server {
            listen 127.0.0.1:\(port) ssl; listen 127.0.0.1:\(plainPort);
            listen 127.0.0.1:\(http2Port) ssl http2; listen 127.0.0.1:\(plainHTTP2Port) http2;
            location / { return 200 '[{"user_id":1}]'; }
            location /large { }
            location /names { return 200 '["$ssl_server_name","$http_host"]'; }
            location /resumed { return 200 '["$ssl_session_reused"]'; }
          }
          server {
            listen 127.0.0.1:\(strictPort) ssl; ssl_verify_client on; ssl_client_certificate own.pem;
            location / { return 200 '["$ssl_client_s_dn"]'; }
          }
          server {
            listen 127.0.0.1:\(briefHTTP2Port) http2; keepalive_requests 50;
            location / { return 200 '[{"user_id":1}]'; }
          }
        }
        """
    }

    /// Nginx writes its process id once its ports are its own.
    private func isListening() async throws -> Bool {
        for _ in 0..<200 {
            if FileManager.default.fileExists(atPath: folder.appending(path: "nginx.pid").path) { return true }
            try await Task.sleep(for: .milliseconds(10))
        }
        return false
    }
}
