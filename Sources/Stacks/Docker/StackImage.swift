import Foundation
import Model

/// The images of the stack that come from a registry, pinned, with what may stand in for each.
package enum StackImage: String, CaseIterable, Sendable {
    case mysql, redis, nginx, prometheus

    /// What the stack is made for.
    var pinned: String {
        switch self {
        case .mysql: "mysql:8.4"
        case .redis: "redis:7"
        case .nginx: "nginx:1.28"
        case .prometheus: "prom/prometheus:v3.5.0"
        }
    }

    /// Repositories of which a present image serves where the pinned one cannot be had.
    var repositories: [String] {
        switch self {
        case .mysql: ["mysql", "mariadb"]
        case .redis: ["redis", "valkey/valkey"]
        case .nginx: ["nginx"]
        case .prometheus: ["prom/prometheus"]
        }
    }

    /// Names another image.
    var variable: String { "STORELAB_\(rawValue.uppercased())_IMAGE" }
}

/// The images that a stack runs on.
package struct ChosenImages: Sendable, Equatable {
    package var names: [StackImage: String] = [:]
    /// What is not as pinned, and why; for the record.
    package var notes: [String] = []

    package init() {}

    /// The images as they are present, fetched where they are not.
    /// - Throws: `Problem` (machine) with what could not be had.
    static func choose(_ images: [StackImage], _ docker: Docker, tell: (String) -> Void) async throws
        -> ChosenImages
    {
        let environment = ProcessInfo.processInfo.environment
        var chosen = ChosenImages()
        for image in images {
            let named = environment[image.variable].flatMap { $0.isEmpty ? nil : $0 }
            chosen.names[image] = try await chosen.find(image, named: named, docker, tell: tell)
        }
        return chosen
    }

    private mutating func find(
        _ image: StackImage, named: String?, _ docker: Docker, tell: (String) -> Void
    ) async throws -> String {
        let wanted = named ?? image.pinned
        if try await Self.isPresent(wanted, docker) { return wanted }
        tell("fetching the image \(wanted) …")
        let pull = try await docker.run(["pull", "--quiet", wanted], within: .seconds(900))
        if pull.succeeded { return wanted }
        if named == nil, let other = try await Self.standIn(for: image, docker) {
            notes.append("The image \(wanted) could not be fetched; \(other), which is present, was used instead.")
            tell("\(wanted) could not be fetched; \(other), which is present, is used instead")
            return other
        }
        var problem = DockerMessage.explain(pull.errors, doing: "docker pull \(wanted)")
        problem.kind = .machine
        problem.nextStep =
            problem.nextStep ?? "Bring the image with docker load, name another in \(image.variable), "
            + "or use --stack local."
        throw problem
    }

    static func isPresent(_ name: String, _ docker: Docker) async throws -> Bool {
        try await docker.run(["image", "inspect", "--format", "{{.Id}}", name]).succeeded
    }

    private static func standIn(for image: StackImage, _ docker: Docker) async throws -> String? {
        for repository in image.repositories {
            let found = try await docker.list(
                ["image", "ls", "--filter", "dangling=false", "--format", "{{.Repository}}:{{.Tag}}", repository])
            if let first = found.first { return first }
        }
        return nil
    }
}
