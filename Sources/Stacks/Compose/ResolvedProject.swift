/// Somebody's own project as `docker compose config --format json` shows it: what matters here.
package struct ResolvedProject: Decodable {
    struct Service: Decodable {
        struct Mount: Decodable {
            var type: String
            var source: String?
            var isReadOnly: Bool?

            enum CodingKeys: String, CodingKey {
                case type, source
                case isReadOnly = "read_only"
            }
        }

        struct Anything: Decodable {
            init(from decoder: any Decoder) {}
        }

        var containerName: String?
        var ports: [Anything]?
        var networks: [String: Anything?]?
        var volumes: [Mount]?

        enum CodingKeys: String, CodingKey {
            case ports, networks, volumes
            case containerName = "container_name"
        }
    }

    struct Named: Decodable {
        var name: String?
        var external: Bool?
    }

    var services: [String: Service]
    var networks: [String: Named?]?
    var volumes: [String: Named?]?
}
