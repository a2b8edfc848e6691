import Foundation
import FoundationNetworking
import Model
import Synchronization

/// Reads what is to be imported, within bounds.
enum ImportSource {
    static let largest = 100_000_000

    private static let tooLarge = Problem(
        .usage, "the source is larger than 100 MB",
        nextStep: "Record a shorter session, or export it without the answers' contents.")

    static func read(_ path: String) throws -> [UInt8] {
        if path == "-" {
            guard let data = try? FileHandle.standardInput.read(upToCount: largest + 1) else { return [] }
            guard data.count <= largest else { throw tooLarge }
            return Array(data)
        }
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw Problem(
                .usage, "there is no file \(path.prefix(1000))", nextStep: "A URL begins with http:// or https://.")
        }
        guard !isFolder.boolValue, let file = FileHandle(forReadingAtPath: path) else {
            throw Problem(.usage, "\(path.prefix(1000)) is not a file that can be read")
        }
        defer { try? file.close() }
        let data = (try? file.read(upToCount: largest + 1)) ?? Data()
        guard data.count <= largest else { throw tooLarge }
        return Array(data)
    }

    static func folder(of path: String) -> String {
        let folder = path == "-" ? "" : (path as NSString).deletingLastPathComponent
        return URL(fileURLWithPath: folder.isEmpty ? "." : folder).resolvingSymlinksInPath().path
    }

    /// A file that the source names: beside it or below, wherever it lay on the machine that exported it.
    static func bytes(of name: String, in folder: String) -> [UInt8]? {
        let root = folder.hasSuffix("/") ? folder : folder + "/"
        for candidate in [name, (name as NSString).lastPathComponent] where !candidate.isEmpty {
            let path = URL(fileURLWithPath: candidate, relativeTo: URL(fileURLWithPath: root)).standardizedFileURL
                .resolvingSymlinksInPath().path
            guard path.hasPrefix(root), let file = FileHandle(forReadingAtPath: path) else { continue }
            defer { try? file.close() }
            guard let data = try? file.read(upToCount: largest + 1), data.count <= largest else { continue }
            return Array(data)
        }
        return nil
    }

    /// - Throws: `Problem` of usage for a host that is not this machine and was not allowed.
    static func download(_ address: String, allowedHosts: [String]) async throws -> [UInt8] {
        guard let url = URL(string: address), let named = url.host(), !named.isEmpty else {
            throw Problem(.usage, "\(address.prefix(200)) is no URL")
        }
        let host = named.trimmingCharacters(in: ["[", "]"])
        guard ThisMachine.isNamed(by: host) || allowedHosts.contains(host) else {
            throw Problem(
                .usage, "\(host) is not this machine", nextStep: "To read from it, add --allow-host \(host).")
        }
        return try await Download(url).bytes()
    }
}

/// One GET whose answer is read up to a bound; a redirect is not followed, since it may lead to another host.
private final class Download: NSObject, URLSessionDataDelegate, Sendable {
    private let url: URL
    private let state = Mutex<State>(State())

    private struct State {
        var bytes: [UInt8] = []
        var fault: Problem?
        var waiting: CheckedContinuation<Void, Never>?
    }

    init(_ url: URL) { self.url = url }

    func bytes() async throws -> [UInt8] {
        let configuration = URLSessionConfiguration.ephemeral
        configuration.timeoutIntervalForRequest = 30
        configuration.timeoutIntervalForResource = 120
        let session = URLSession(configuration: configuration, delegate: self, delegateQueue: nil)
        defer { session.invalidateAndCancel() }
        await withCheckedContinuation { waiting in
            state.withLock { $0.waiting = waiting }
            session.dataTask(with: url).resume()
        }
        return try state.withLock { state in
            if let fault = state.fault { throw fault }
            return state.bytes
        }
    }

    func urlSession(
        _ session: URLSession, task: URLSessionTask, willPerformHTTPRedirection response: HTTPURLResponse,
        newRequest request: URLRequest, completionHandler: @escaping @Sendable (URLRequest?) -> Void
    ) {
        completionHandler(nil)
    }

    func urlSession(
        _ session: URLSession, dataTask: URLSessionDataTask, didReceive response: URLResponse,
        completionHandler: @escaping @Sendable (URLSession.ResponseDisposition) -> Void
    ) {
        let status = (response as? HTTPURLResponse)?.statusCode ?? 0
        if status != 200 {
            let place = (response as? HTTPURLResponse)?.value(forHTTPHeaderField: "Location")
            let step = place.map { "It points to \($0.prefix(200)); name that address." }
            state.withLock {
                $0.fault = Problem(.usage, "\(url.absoluteString.prefix(200)) answered \(status)", nextStep: step)
            }
        }
        completionHandler(status == 200 ? .allow : .cancel)
    }

    func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
        let isTooLarge = state.withLock { state in
            state.bytes += data
            guard state.bytes.count > ImportSource.largest else { return false }
            state.fault = Problem(.usage, "\(url.absoluteString.prefix(200)) is larger than 100 MB")
            return true
        }
        if isTooLarge { dataTask.cancel() }
    }

    func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
        let waiting = state.withLock { state in
            if let error, state.fault == nil {
                state.fault = Problem(
                    .machine, "cannot read \(url.absoluteString.prefix(200)): \(error.localizedDescription)")
            }
            defer { state.waiting = nil }
            return state.waiting
        }
        waiting?.resume()
    }
}
