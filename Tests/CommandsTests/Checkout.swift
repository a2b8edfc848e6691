import Commands
import Foundation
import Testing

/// A checkout of a test's own: the templates and bodies of the real one, and the experiments that the test writes.
final class Checkout {
    let home: String
    var places: Places { Places(home: home) }

    private static let real = (0..<3).reduce(#filePath) { path, _ in (path as NSString).deletingLastPathComponent }

    init() throws {
        home = NSTemporaryDirectory() + "/storelab-commands-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(
            atPath: home + "/experiments/optional", withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(
            atPath: home + "/templates", withDestinationPath: Self.real + "/templates")
        // They have to lie in the experiments' own folder.
        try FileManager.default.copyItem(
            atPath: Self.real + "/experiments/bodies", toPath: home + "/experiments/bodies")
    }

    deinit { try? FileManager.default.removeItem(atPath: home) }

    /// - Returns: the file's path.
    @discardableResult
    func write(_ name: String, _ text: String) throws -> String {
        let file = "\(home)/experiments/\(name)"
        try Data(text.utf8).write(to: URL(fileURLWithPath: file))
        return file
    }

    /// What a verb answers in it.
    func answer(_ arguments: String...) async throws -> CommandAnswer {
        let command = try StoreLab.command(arguments)
        return try await #require(command as? any AnsweringCommand).answer(in: places)
    }

    /// An experiment without a fault.
    static func experiment(_ name: String, load: String = "ramp: [{ users: 10, spawn_rate: 20/s, hold: 30s }]")
        -> String
    {
        """
        name: \(name)
        title: "\(name)"
        stack:
          backend: redis
          replicas: 2
          balancer: least_conn
          dataset: course
        load:
          tasks:
            - { name: best-sellers, get: /orders/reports/best-sellers, expect: { status: 200, is: list } }
            - { name: stocks, weight: 3, get: /stocks/graphql, expect: { status: 200 } }
          think_time: 1s
          \(load)
          timeout: 2s
        limits: ["error_rate > 1% for 2s"]
        """
    }
}
