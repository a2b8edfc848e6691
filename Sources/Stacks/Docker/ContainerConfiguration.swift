import Model

extension StackTemplates {
    /// Nginx's configuration in a container: the local stack's, but for where it listens.
    func balancer(_ request: StackRequest, replicas: [[String: String]]) throws -> String {
        let connections = request.definition.nginx?.connections ?? min(2 * request.users + 1024, 32_000)
        var values: [String: any Sendable] = [
            "folder": "/tmp", "host": "0.0.0.0", "port": 80, "connections": connections,
            "openFiles": connections + 512, "replicas": replicas,
        ]
        values["policy"] = request.balancer.directive
        return try render("nginx.conf", values)
    }
}

extension CPUGroup {
    /// What a template says of a CPU limit: the same as the local stack's groups are told, so that the limits are alike.
    static func templateValues(_ cores: Double?) -> [String: String]? {
        cores.map { cores in
            let (period, quota) = bandwidth(cores)
            return ["cores": "\(cores)", "period": "\(period)", "quota": "\(quota)"]
        }
    }
}
