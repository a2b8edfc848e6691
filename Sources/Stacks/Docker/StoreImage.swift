import Foundation
import Model

/// The image of one of the two programs. Where this machine's programs run in the engine's containers, it holds the very program that
/// the local stack runs, with its libraries: made in a second, without a network, and both stacks measure the same.
/// Elsewhere it is built from the sources.
struct StoreImage: Sendable {
    let docker: Docker
    /// Whether programs that were built here run in the engine's containers.
    let runsProgramsOfThisMachine: Bool
    /// The checkout.
    let home: String
    /// On this machine.
    let executable: String
    var kind = Kind.store

    enum Kind: String {
        case store
        /// The proxy between the parts: `storelab` itself. It is not built from the sources.
        case proxy
        /// An agent that generates load: `storelab` too, with the certificates that this machine trusts.
        case agent

        var repository: String { "storelab-\(rawValue)" }
        /// Name of the program in the image.
        var program: String { self == .store ? "store" : "storelab" }
        var dockerfile: String {
            switch self {
            case .store: "Dockerfile.prebuilt"
            case .proxy: "Dockerfile.proxy"
            case .agent: "Dockerfile.agent"
            }
        }
    }

    /// The name of an image of the present program, built where it is not there yet.
    /// - Parameter folder: an empty one, for the files of the image.
    /// - Throws: `Problem` with the build's last lines and the next step.
    func ensure(in folder: String, tell: (String) -> Void) async throws -> String {
        let files = try await Self.files(of: executable)
        let name = "\(kind.repository):\(try Self.fingerprint(files + [dockerfile]))"
        if try await ChosenImages.isPresent(name, docker) { return name }
        if runsProgramsOfThisMachine {
            try collect(files, in: folder)
            if kind == .agent {
                try collectCertificates(in: folder)
                tell("bringing this program, with which agents generate the load, to the Docker engine …")
            }
            try await build(name, ["--network", "none", "--file", dockerfile, folder], within: .seconds(300))
        } else if kind == .agent {
            throw Problem(
                .machine, "this program does not run in the containers of the Docker engine",
                nextStep: "Agents need engines for Linux, on the same processor architecture as this machine.")
        } else if kind == .proxy {
            throw Problem(
                .machine, "the proxy that the faults need does not run in the containers of this engine",
                nextStep: "Leave slow, cut and bandwidth out, or use --stack local.")
        } else {
            tell("building the store's image from the sources; the first time takes some minutes …")
            try await build(name, ["--file", dockerfile, home], within: .seconds(3600))
        }
        await Self.removeOthers(than: name, docker, kind: kind)
        return name
    }

    /// Images of earlier builds; those that a container has stay.
    static func removeOthers(than name: String, _ docker: Docker, kind: Kind = .store) async {
        let format = ["image", "ls", "--format", "{{.Repository}}:{{.Tag}}", kind.repository]
        let others = ((try? await docker.list(format)) ?? []).filter { $0 != name }
        if !others.isEmpty { _ = try? await docker.run(["image", "rm"] + others) }
    }

    private var dockerfile: String {
        home + "/templates/stack/" + (runsProgramsOfThisMachine ? kind.dockerfile : "Dockerfile")
    }

    private func build(_ name: String, _ arguments: [String], within limit: Duration) async throws {
        let output = try await docker.run(
            ["build", "--quiet", "--tag", name, "--label", "storelab.image=\(kind.rawValue)"] + arguments, within: limit
        )
        guard output.succeeded else {
            var problem = DockerMessage.explain(output.errors, doing: "docker build of the image of \(kind.program)")
            problem.nextStep = problem.nextStep ?? "See the whole of it: docker build --file \(dockerfile) \(home)"
            throw problem
        }
    }

    /// The program, the shared libraries that it loads, and the plug-ins with which MySQL's client authenticates.
    static func files(of program: String) async throws -> [String] {
        let output = try await Docker.run(Command("/usr/bin/env", ["ldd", program]), within: .seconds(20))
        let libraries = output.text.split(separator: "\n").compactMap { line in
            line.split(whereSeparator: \.isWhitespace).first { $0.hasPrefix("/") }.map(String.init)
        }
        guard !libraries.isEmpty else {
            throw Problem(.machine, "ldd does not say which libraries \(program) needs: \(output.errors.prefix(200))")
        }
        let plugins = libraries.filter { $0.contains("libmariadb.so") }.flatMap { library in
            let folder = ((library as NSString).deletingLastPathComponent as NSString)
                .appendingPathComponent("libmariadb3/plugin")
            let real = FileManager.default.fileExists(atPath: folder) ? folder : "/usr" + folder
            return ((try? FileManager.default.contentsOfDirectory(atPath: real)) ?? [])
                .filter { $0.contains("password") || $0.contains("ed25519") }.map { "/usr" + trimmed(real) + "/" + $0 }
        }
        return [program] + (libraries + plugins).sorted()
    }

    /// Debian's `/lib` is `/usr/lib`; a client looks for plug-ins under the latter.
    private static func trimmed(_ path: String) -> String { path.hasPrefix("/usr/") ? String(path.dropFirst(4)) : path }

    /// The file that a symbolic link leads to. (`NSString`'s own way stops half-way.)
    private static func real(_ path: String) -> String {
        guard let resolved = realpath(path, nil) else { return path }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// From names, sizes and times of change: a new build has another.
    static func fingerprint(_ files: [String]) throws -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for file in files {
            let facts = try FileManager.default.attributesOfItem(atPath: real(file))
            let changed = (facts[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0
            for byte in "\(file) \(facts[.size] ?? 0) \(changed);".utf8 {
                hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
            }
        }
        return String(hash, radix: 16)
    }

    /// Where systems keep the certificates that they trust, in one file.
    private static let certificates = [
        "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem",
    ]

    /// An agent whose load goes over TLS trusts whom this machine trusts.
    private func collectCertificates(in folder: String) throws {
        let manager = FileManager.default
        guard let bundle = Self.certificates.first(where: manager.fileExists(atPath:)) else { return }
        let target = folder + "/etc/ssl/certs"
        do {
            try manager.createDirectory(atPath: target, withIntermediateDirectories: true)
            try manager.copyItem(atPath: Self.real(bundle), toPath: target + "/ca-certificates.crt")
        } catch {
            throw Problem(.machine, "\(bundle) cannot be copied into \(folder): \(error.localizedDescription)")
        }
    }

    /// Copies the files to where they will lie in the image; the program comes into `/usr/bin`.
    private func collect(_ files: [String], in folder: String) throws {
        let manager = FileManager.default
        do {
            for (index, file) in files.enumerated() {
                let target = folder + (index == 0 ? "/usr/bin/\(kind.program)" : file)
                try manager.createDirectory(
                    atPath: (target as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
                try manager.copyItem(atPath: Self.real(file), toPath: target)
            }
            try manager.createDirectory(atPath: folder + "/etc", withIntermediateDirectories: true)
            try Data("store:x:65532:65532::/:/usr/bin/\(kind.program)\n".utf8)
                .write(to: URL(fileURLWithPath: folder + "/etc/passwd"))
            try Data("hosts: files dns\n".utf8).write(to: URL(fileURLWithPath: folder + "/etc/nsswitch.conf"))
        } catch {
            throw Problem(
                .machine,
                "the image of \(kind.program) cannot be put together in \(folder): \(error.localizedDescription)",
                nextStep: "Free some space, or set TMPDIR to a folder with more.")
        }
    }
}
