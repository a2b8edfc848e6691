import Foundation
import Model

/// The control group of a part whose CPU is limited; where the system does not permit it, the reason.
struct PartGroup: Sendable {
    var cores: Double
    var group: CPUGroup?
    var obstacle: String?

    /// What the kernel does about it, once the part runs.
    func limit(of service: Service) -> CPULimit {
        guard let group, let pid = service.pid, group.contains(pid) else {
            return CPULimit(
                cores: cores, enforced: false, how: obstacle ?? "the process could not be put into its group")
        }
        return CPULimit(cores: cores, enforced: true, how: CPUGroup.root()?.version.rawValue ?? "cgroup")
    }
}

extension LocalServices {
    /// - Parameter part: a component's name.
    /// - Returns: nil where the definition does not limit it.
    func makeCPUGroup(_ part: String, _ ledger: Ledger) -> PartGroup? {
        guard let cores = limitedParts.first(where: { $0.name == part })?.cores else { return nil }
        do {
            return PartGroup(
                cores: cores, group: try CPUGroup(named: groupName(part), cores: cores, ledger: ledger))
        } catch {
            return PartGroup(cores: cores, obstacle: (error as? Problem)?.message ?? "\(error)")
        }
    }

    func removeCPUGroups() {
        guard let root = CPUGroup.root()?.path else { return }
        for part in allParts { rmdir("\(root)/\(groupName(part))") }
    }

    /// Where the group of a part is, whether or not it has one; nil where the system offers none.
    func cpuGroupPath(_ part: String) -> String? { CPUGroup.root().map { "\($0.path)/\(groupName(part))" } }

    /// Makes a group for a part that the definition does not limit.
    /// - Throws: `Problem` that says why the system does not permit it.
    func makeCPUGroup(_ part: String, cores: Double, _ ledger: Ledger) throws -> CPUGroup {
        try CPUGroup(named: groupName(part), cores: cores, ledger: ledger)
    }

    /// A fault may limit one that the definition does not.
    private var allParts: [String] {
        (1...request.definition.replicas).map { "store-\($0)" } + ["mariadb", "redis", "nginx"]
    }

    private var limitedParts: [(name: String, cores: Double)] {
        let definition = request.definition
        let stores = (1...definition.replicas).map { ("store-\($0)", definition.storeCPUs) }
        let others = [
            ("mariadb", definition.mysql?.cpus), ("redis", definition.redis?.cpus), ("nginx", definition.nginx?.cpus),
        ]
        return (stores + others).compactMap { name, cores in cores.map { (name, $0) } }
    }

    private func groupName(_ part: String) -> String {
        "storelab-\(getuid())-\((workspace as NSString).lastPathComponent)-\((folder as NSString).lastPathComponent)-\(part)"
    }
}
