import Model

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

        struct Build: Decodable { var args: Values? }

        /// A port that is published, or would be if this machine's port were free.
        struct Port: Decodable {
            /// Inside the container; nil where it is not written as a number.
            var target: Int?
            /// `tcp` or `udp`.
            var transport: String?

            enum CodingKeys: String, CodingKey {
                case target
                case transport = "protocol"
            }

            init(from decoder: any Decoder) {
                let values = try? decoder.container(keyedBy: CodingKeys.self)
                target = try? values?.decode(Int.self, forKey: .target)
                transport = try? values?.decode(String.self, forKey: .transport)
            }
        }

        struct HealthCheck: Decodable { var test: Command? }

        /// One text or a list of them.
        struct Command: Decodable {
            var words: [String]

            init(from decoder: any Decoder) throws {
                let value = try decoder.singleValueContainer()
                words = (try? value.decode([String].self)) ?? (try? value.decode(String.self)).map { [$0] } ?? []
            }
        }

        var containerName: String?
        /// For example `host` or `service:web`.
        var networkMode: String?
        var ports: [Port]?
        /// Ports that other containers reach, for example `5000` or `5000/tcp`.
        var expose: [String]?
        var healthCheck: HealthCheck?
        /// The services that this one waits for.
        var dependsOn: [String: Anything?]?
        var networks: [String: Anything?]?
        var volumes: [Mount]?
        var environment: Values?
        var build: Build?
        var image: String?
        var command: Command?

        enum CodingKeys: String, CodingKey {
            case ports, expose, networks, volumes, environment, build, image, command
            case healthCheck = "healthcheck"
            case dependsOn = "depends_on"
            case containerName = "container_name"
            case networkMode = "network_mode"
        }
    }

    struct Named: Decodable {
        var name: String?
        var external: Bool?
        /// Of a secret that stands in the file itself.
        var content: String?
    }

    /// Texts by their names; what is no text is left out.
    struct Values: Decodable {
        var texts: [String: String] = [:]

        init(from decoder: any Decoder) throws {
            let values = try? decoder.container(keyedBy: AnyKey.self)
            for key in values?.allKeys ?? [] {
                texts[key.stringValue] = try? values?.decode(String.self, forKey: key)
            }
        }

        private struct AnyKey: CodingKey {
            var stringValue: String
            var intValue: Int? { nil }

            init(stringValue: String) { self.stringValue = stringValue }

            init?(intValue: Int) { nil }
        }
    }

    var knownSecrets: [String] {
        let variables = services.values.flatMap { [$0.environment, $0.build?.args].compactMap { $0?.texts } }
            .joined()
        return variables.filter { Redaction.looksSecret($0.key) }.map(\.value)
            + (secrets ?? [:]).values.compactMap { $0?.content }
    }

    var services: [String: Service]
    var networks: [String: Named?]?
    var volumes: [String: Named?]?
    var secrets: [String: Named?]?
}
