import Foundation

/// The databases of a project that `store watch` can ask how they do: recognised by their image or command, with what it
/// takes to be let in from the environment that Compose resolved. Nothing is written there.
package struct RecognisedDatabases: Sendable, Equatable {
    package struct MySQL: Sendable, Equatable {
        package var service: String
        package var user: String
        package var password: String

        package init(service: String, user: String, password: String) {
            self.service = service
            self.user = user
            self.password = password
        }
    }

    package struct Redis: Sendable, Equatable {
        package var service: String
        package var password: String?

        package init(service: String, password: String? = nil) {
            self.service = service
            self.password = password
        }
    }

    package var mysql: MySQL?
    package var redis: Redis?

    package init(mysql: MySQL? = nil, redis: Redis? = nil) {
        self.mysql = mysql
        self.redis = redis
    }

    /// Of several, the first by name that lets us in.
    package init(_ project: ResolvedProject) {
        let services = project.services.sorted { $0.key < $1.key }
        mysql = services.lazy.compactMap { name, service in service.mysql(named: name) }.first
        redis = services.lazy.compactMap { name, service in service.redis(named: name) }.first
    }

    var services: [String] { [mysql?.service, redis?.service].compactMap(\.self) }

    var passwords: [String] { [mysql?.password, redis?.password].compactMap(\.self).filter { !$0.isEmpty } }

    /// The call that holds connections of MySQL; nil where it was not recognised.
    /// - Parameter address: the container's own.
    package func hold(_ program: String, connections: Int, mysql address: String) -> Command? {
        guard let mysql else { return nil }
        return Command(
            program,
            [
                "hold", "--connections", "\(connections)", "--mysql-host", address, "--mysql-port", "3306",
                "--mysql-user", mysql.user,
            ], environment: ["DB_PASSWORD": mysql.password])
    }

    /// The call that watches them. Passwords stand in its environment: every user of a machine sees the arguments.
    /// - Parameters:
    ///   - program: the store's.
    ///   - mysql: the container's own address; nil where it is not reached. Likewise `redis`.
    /// - Returns: nil where there is nothing to watch.
    package func watch(_ program: String, mysql address: String?, redis cache: String?) -> Command? {
        let database = address.flatMap { address in mysql.map { (address, $0) } }
        let memory = cache.flatMap { address in redis.map { (address, $0) } }
        guard database != nil || memory != nil else { return nil }
        var command = Command(program, ["watch"])
        if let (host, mysql) = database {
            command.arguments += ["--mysql-host", host, "--mysql-port", "3306", "--mysql-user", mysql.user]
            command.environment["DB_PASSWORD"] = mysql.password
        } else {
            command.arguments.append("--without-mysql")
        }
        if let (host, redis) = memory {
            command.arguments += ["--redis-host", host, "--redis-port", "6379"]
            if let password = redis.password { command.environment["REDIS_PASSWORD"] = password }
        }
        return command
    }
}

extension ResolvedProject.Service {
    private static let mysqlImages = ["mysql", "mariadb", "percona"]
    private static let redisImages = ["redis", "valkey"]

    /// The image's name without its registry and tag; of a tool beside a database, such as `mysqld-exporter`, it goes on.
    private var imageName: String {
        let last = image?.split(separator: "/").last ?? ""
        return last.split(whereSeparator: { ":@".contains($0) }).first?.lowercased() ?? ""
    }

    private func isMade(of images: [String], running programs: [String]) -> Bool {
        images.contains(imageName) || images.contains { imageName == $0 + "-server" }
            || words.contains { word in programs.contains { word == $0 || word.hasSuffix("/" + $0) } }
    }

    /// Of the command, also where a shell is to split it.
    private var words: [String] {
        (command?.words ?? []).flatMap { $0.split(whereSeparator: \.isWhitespace) }
            .map { $0.trimmingCharacters(in: ["\"", "'"]) }
    }

    fileprivate func mysql(named name: String) -> RecognisedDatabases.MySQL? {
        guard isMade(of: Self.mysqlImages, running: ["mysqld", "mariadbd"]) else { return nil }
        let values = environment?.texts ?? [:]
        func value(_ names: String...) -> String? { names.lazy.compactMap { values[$0] }.first { !$0.isEmpty } }
        if let user = value("MARIADB_USER", "MYSQL_USER"), let password = value("MARIADB_PASSWORD", "MYSQL_PASSWORD") {
            return .init(service: name, user: user, password: password)
        }
        if let password = value("MARIADB_ROOT_PASSWORD", "MYSQL_ROOT_PASSWORD") {
            return .init(service: name, user: "root", password: password)
        }
        let mayBeEmpty = value(
            "MARIADB_ALLOW_EMPTY_ROOT_PASSWORD", "MARIADB_ALLOW_EMPTY_PASSWORD", "MYSQL_ALLOW_EMPTY_PASSWORD")
        return mayBeEmpty == nil ? nil : .init(service: name, user: "root", password: "")
    }

    fileprivate func redis(named name: String) -> RecognisedDatabases.Redis? {
        guard isMade(of: Self.redisImages, running: ["redis-server", "valkey-server"]) else { return nil }
        let values = environment?.texts ?? [:]
        let words = words
        if let place = words.firstIndex(of: "--requirepass"), words.indices.contains(place + 1) {
            let word = words[place + 1]
            guard word.hasPrefix("$") else { return .init(service: name, password: word) }
            // A shell of the container is to fill it in.
            return .init(service: name, password: values[word.trimmingCharacters(in: ["$", "{", "}"])])
        }
        // Bitnami's image takes it from here; the official one has none.
        return .init(service: name, password: values["REDIS_PASSWORD"].flatMap { isBitnami && !$0.isEmpty ? $0 : nil })
    }

    private var isBitnami: Bool { image?.contains("bitnami") == true }
}
