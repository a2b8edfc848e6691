/// A Compose project as its owner wrote it.
package struct OwnProject: Codable, Sendable, Equatable {
    /// Absolute path of its compose file, which is never written to.
    package var file: String
    /// Of further files, which add to the first in this order.
    package var furtherFiles: [String]
    /// The service that the load goes to.
    package var service: String
    /// That it listens at in its container.
    package var port: Int
    /// Answers with a status below 500 once the service is ready.
    package var readyPath: String
    /// How its data are brought back between the steps of a search; nil where they are not.
    package var restore: DataRestore?

    package init(
        file: String, furtherFiles: [String] = [], service: String, port: Int, readyPath: String = "/",
        restore: DataRestore? = nil
    ) {
        self.file = file
        self.furtherFiles = furtherFiles
        self.service = service
        self.port = port
        self.readyPath = readyPath
        self.restore = restore
    }

    /// Records of older versions know one file, and nothing of the data.
    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        file = try values.decode(String.self, forKey: .file)
        furtherFiles = try values.decodeIfPresent([String].self, forKey: .furtherFiles) ?? []
        service = try values.decode(String.self, forKey: .service)
        port = try values.decode(Int.self, forKey: .port)
        readyPath = try values.decode(String.self, forKey: .readyPath)
        restore = try values.decodeIfPresent(DataRestore.self, forKey: .restore)
    }

    package var files: [String] { [file] + furtherFiles }
}

/// How the data of somebody's own project are brought back to what they were at the start.
package enum DataRestore: Codable, Sendable, Equatable {
    /// A command that a shell runs in a container of a service.
    case command(service: String, command: String)
    /// The named volumes are copied at the start, and copied back.
    case volumes
}
