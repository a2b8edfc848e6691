import Foundation
import Model

/// Reads whose application a stack is: the store by default, a Compose project by `compose_file`, what runs already by
/// `url`.
struct SubjectDecoder {
    let log: FaultLog
    let folder: String

    func subject(_ fields: Fields) -> StackSubject? {
        switch (fields.entry("compose_file"), fields.entry("url")) {
        case (let file?, let url?):
            let later = file.keyPlace.line > url.keyPlace.line ? file : url
            log.add("\(later.key): a stack has compose_file or url, not both", at: later.keyPlace)
            return nil
        case (.some, nil): return project(fields)
        case (nil, .some): return running(fields)
        case (nil, nil):
            forbid(DefinitionKeys.projectStack + ["prometheus"] + DefinitionKeys.ways, in: fields) { key in
                DefinitionKeys.runningStack.contains(key) ? "it belongs to url" : "it belongs to compose_file"
            }
            return .store
        }
    }

    private func project(_ fields: Fields) -> StackSubject? {
        forbid(["backend", "fallback", "prices", "mysql", "redis", "prometheus"] + DefinitionKeys.ways, in: fields) {
            _ in
            "your own Compose project does not have it; leave it out"
        }
        let files = fields.required("compose_file") { try self.files($0) }
        let service = fields.required("service") { try $0.name(alsoAllowed: ["_"]) }
        let port = fields.required("port") { try $0.integer(in: 1...65_535) }
        let ready = fields.optional("ready", default: "/") { try self.path($0) }
        let restore = fields.nested("restore", default: DataRestore?.none, self.restore)
        guard let files, let file = files.first, let service, let port, let ready, let restore else { return nil }
        return .project(
            OwnProject(
                file: file, furtherFiles: Array(files.dropFirst()), service: service, port: port, readyPath: ready,
                restore: restore))
    }

    private func running(_ fields: Fields) -> StackSubject? {
        let others = DefinitionKeys.storeStack.filter { $0 != "dataset" } + DefinitionKeys.projectStack
        forbid(others, in: fields) { _ in "an application that is already running is measured as it is; leave it out" }
        let url = fields.required("url") { try self.address($0, schemes: ["http", "https"]) }
        let trust = fields.optional("trust", default: CertificateTrust.system) { try self.trust($0) }
        let prometheus: String?? = fields.optional("prometheus", default: nil) { try self.address($0) }
        let cert: String?? = fields.optional("cert", default: nil) { try self.file($0) }
        let key: String?? = fields.optional("key", default: nil) { try self.file($0) }
        let proxy: String?? = fields.optional("proxy", default: nil) { try self.proxy($0) }
        let connectTo: String?? = fields.optional("connect_to", default: nil) { try self.place($0) }
        guard let url, let prometheus, let trust, let cert, let key, let proxy, let connectTo else { return nil }
        for name in ["trust", "cert", "key"] where !url.hasPrefix("https:") {
            guard let entry = fields.entry(name) else { continue }
            log.add("\(name): only an address with https has a certificate", at: entry.keyPlace)
        }
        if cert == nil, let entry = fields.entry("key") {
            log.add("key: it needs the certificate that it belongs to, cert", at: entry.keyPlace)
        }
        return .running(
            RunningService(
                url: url, prometheus: prometheus, trust: trust,
                identity: cert.map { ClientIdentity(certificate: $0, key: key) }, proxy: proxy, connectTo: connectTo))
    }

    private func forbid(_ keys: [String], in fields: Fields, _ why: (String) -> String) {
        for entry in keys.compactMap(fields.entry) { log.add("\(entry.key): \(why(entry.key))", at: entry.keyPlace) }
    }

    /// `volumes`, or the command and the service in which it runs.
    /// - Returns: nil after a fault.
    private func restore(_ value: YAMLValue) -> DataRestore?? {
        if case .scalar(let text, _) = value.content {
            if text == "volumes" { return .some(.volumes) }
            log.add(
                "restore: expected volumes, or service and command, found \(value.found)", at: value.place)
            return nil
        }
        guard let fields = Fields(value, "restore", known: DefinitionKeys.restore, log: log) else { return nil }
        let service = fields.required("service") { try $0.name(alsoAllowed: ["_"]) }
        let command = fields.required("command") { try $0.line(longest: 2000) }
        guard let service, let command else { return nil }
        return .some(.command(service: service, command: command))
    }

    /// One, or several that add to each other.
    private func files(_ value: YAMLValue) throws -> [String] {
        guard case .list(let values) = value.content else { return [try file(value)] }
        guard !values.isEmpty, values.count <= 20 else { throw Unreadable("write 1 to 20 files") }
        return try values.map(file)
    }

    private func file(_ value: YAMLValue) throws -> String {
        let name = try value.line(longest: 1000)
        let path = URL(filePath: name, relativeTo: URL(filePath: folder, directoryHint: .isDirectory))
            .standardizedFileURL.path
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue else {
            throw Unreadable("there is no file \(path.shortened(to: 300))")
        }
        return path
    }

    /// A PEM file, or `any`.
    private func trust(_ value: YAMLValue) throws -> CertificateTrust {
        let text = try value.line(longest: 1000)
        return text == "any" ? .any : .file(try file(value))
    }

    /// No password: the definition is recorded.
    private func proxy(_ value: YAMLValue) throws(Unreadable) -> String {
        let text = try value.line(longest: 1000)
        guard ForwardProxy(text) != nil else {
            throw Unreadable("\"\(text.shortened)\" is no HTTP proxy; write http://HOST:PORT")
        }
        return text
    }

    private func place(_ value: YAMLValue) throws(Unreadable) -> String {
        let text = try value.line(longest: 1000)
        guard HostAndPort(text) != nil else {
            throw Unreadable("\"\(text.shortened)\" is no place to connect to; write HOST:PORT")
        }
        return text
    }

    private func path(_ value: YAMLValue) throws(Unreadable) -> String {
        let path = try value.line(longest: 1000)
        guard path.hasPrefix("/"), !path.contains(where: \.isWhitespace) else {
            throw Unreadable("\"\(path.shortened)\" is not a path; write one such as /health-check")
        }
        return path
    }

    private func address(_ value: YAMLValue, schemes: [String] = ["http"]) throws(Unreadable) -> String {
        let text = try value.line(longest: 1000)
        guard let url = URL(string: text), schemes.contains(url.scheme ?? ""), url.host()?.isEmpty == false,
            url.user() == nil,
            ["", "/"].contains(url.path()), url.query() == nil, url.fragment() == nil
        else {
            throw Unreadable("\"\(text.shortened)\" is not an address; write http://HOST:PORT with nothing after it")
        }
        return text.hasSuffix("/") ? String(text.dropLast()) : text
    }
}
