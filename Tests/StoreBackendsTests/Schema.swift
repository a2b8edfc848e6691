import Glibc

/// The schema as it is deployed.
enum Schema {
    static func read() throws -> String {
        let folder = "\(#filePath)".split(separator: "/").dropLast(3).joined(separator: "/")
        guard let file = fopen("/\(folder)/templates/stack/schema.sql", "r") else {
            throw Servers.Failure(message: "no schema.sql")
        }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 64 * 1024)
        let count = fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes[..<count], as: UTF8.self)
    }
}
