import Foundation
import Model
import Stacks

/// This checkout.
enum Repository {
    static let templates = StackTemplates(
        folder: (0..<3).reduce(#filePath) { path, _ in (path as NSString).deletingLastPathComponent }
            + "/templates/stack")
}

extension StackRequest {
    /// A request for a stack; `change` makes it differ from the plainest.
    static func sample(
        _ balancer: Balancer = .none, replicas: Int = 1, users: Int = 100, prometheusPort: Int? = nil,
        _ change: (inout StackDefinition) -> Void = { _ in }
    ) -> StackRequest {
        var definition = StackDefinition(
            backend: .mysql, replicas: replicas, balancers: [balancer], storeCPUs: nil, dataset: .course)
        change(&definition)
        return StackRequest(
            definition: definition, balancer: balancer, users: users, logs: "/logs", prometheusPort: prometheusPort)
    }
}

extension Component {
    /// A replica of the store.
    init(replica number: Int) {
        self.init(name: "store-\(number)", role: .store, version: nil, address: "127.0.0.1:500\(number)")
    }
}

extension [DeployedFile] {
    /// The text of a file; empty where there is none.
    func text(_ name: String) -> String { first { $0.name == name }?.text ?? "" }
}
