import ArgumentParser
import Foundation
import Hummingbird
import Logging

/// The peer of the report reads: Hummingbird as it comes, with one route that answers fixed bytes.
struct Bare: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Serves a file's bytes as JSON at every GET of /.")

    @Option(help: "Port on 127.0.0.1.")
    var port: Int
    @Argument(help: "File with the body of every answer.")
    var file: String

    func run() async throws {
        let body = ByteBuffer(bytes: try Data(contentsOf: URL(fileURLWithPath: file)))
        let router = Router()
        router.get("/") { _, _ in
            Response(status: .ok, headers: [.contentType: "application/json"], body: ResponseBody(byteBuffer: body))
        }
        let application = Application(
            router: router, configuration: .init(address: .hostname("127.0.0.1", port: port), backlog: 4096),
            logger: Logger(label: "bare", factory: { _ in SwiftLogNoOpLogHandler() }))
        try await application.runService()
    }
}
