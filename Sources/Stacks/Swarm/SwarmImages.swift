import Foundation
package import Model

/// The images of a stack by their ids: by name, an engine without a network would ask a registry first. An image must be on
/// every node that runs it.
package struct SwarmImages: Sendable, Equatable {
    /// By part; the store's own under `store`.
    package var ids: [String: String] = [:]
    package var names: [String: String] = [:]
    /// What is not as pinned, and why.
    package var notes: [String] = []

    package init() {}

    /// Finds or makes them on the manager's engine, and brings them to the other nodes as far as their engines are reached.
    /// - Throws: `Problem` with what could not be had.
    static func prepare(
        _ cluster: SwarmCluster, home: String, storeExecutable: String, workspace: Workspace,
        tell: @escaping @Sendable (String) -> Void
    ) async throws -> SwarmImages {
        let chosen = try await ChosenImages.choose(StackImage.allCases, cluster.docker, tell: tell)
        let folder = try workspace.folder("store-image")
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let runsHere = cluster.layout.data.architecture == DockerEngine.architectureOfThisMachine
        let store = try await StoreImage(
            docker: cluster.docker, runsProgramsOfThisMachine: runsHere, home: home, executable: storeExecutable
        ).ensure(in: folder, tell: tell)
        var images = SwarmImages()
        images.notes = chosen.notes
        images.names = Dictionary(chosen.names.map { ($0.key.rawValue, $0.value) }) { first, _ in first }
        images.names["store"] = store
        for (part, name) in images.names {
            images.ids[part] = try await cluster.docker.answer(["image", "inspect", "--format", "{{.Id}}", name])
                .trimmingCharacters(in: .whitespacesAndNewlines)
        }
        try await images.bring(to: cluster, folder: folder, tell: tell)
        return images
    }

    /// What a node needs, by name.
    package func needed(on node: String, _ layout: SwarmLayout) -> [String] {
        if node == layout.data.id { return names.values.sorted() }
        return layout.workers.contains { $0.id == node } ? [names["store"]].compactMap(\.self) : []
    }

    private func bring(
        to cluster: SwarmCluster, folder: String, tell: @escaping @Sendable (String) -> Void
    ) async throws {
        for (node, engine) in cluster.engines.all.sorted(by: { $0.key < $1.key }) where node != cluster.manager {
            var missing: [String] = []
            for name in needed(on: node, cluster.layout) {
                let id = names.first { $0.value == name }.flatMap { ids[$0.key] } ?? name
                if try await !ChosenImages.isPresent(id, engine) { missing.append(name) }
            }
            guard !missing.isEmpty else { continue }
            let file = folder + "/" + missing.joined(separator: "+").replacing("/", with: "-") + ".tar"
            if !FileManager.default.fileExists(atPath: file) {
                _ = try await cluster.docker.answer(["save", "--output", file] + missing, within: .seconds(300))
            }
            tell("bringing \(missing.joined(separator: ", ")) to the node \(cluster.name(of: node)) …")
            _ = try await engine.answer(["load", "--quiet", "--input", file], within: .seconds(600))
            await StoreImage.removeOthers(than: names["store"] ?? "", engine)
        }
    }

    /// What a task's complaint means where an image is not on its node; nil for any other complaint.
    package func absence(of part: String, on node: String, complaint: String) -> Problem? {
        let text = complaint.lowercased()
        guard ["no such image", "pull access denied", "manifest unknown"].contains(where: text.contains) else {
            return nil
        }
        let kind = names[part] == nil ? "store" : part
        let name = names[kind] ?? kind
        return Problem(
            .machine, "the node \(node) has no image \(name), and a manager cannot bring it there",
            nextStep: "Run docker save \(name) | ssh \(node) docker load. Or name the node's engine in "
                + "\(SwarmEngines.variable), for example ssh://\(node), and StoreLab brings it.")
    }
}
