import Foundation
import Model

/// The data of a Prometheus that has ended.
enum PrometheusData {
    /// It writes nothing big when it is told to end; a busy disk may take its time.
    static let timeToEnd = Duration.seconds(20)

    static var doesNotEnd: Problem {
        Problem(.measurement, "it did not end within \(timeToEnd) after it was stopped")
    }

    /// Of a process that is gone.
    private static let left: Set = ["lock", "queries.active"]

    /// Copies them into a folder, which is made.
    /// - Throws: `Problem` that says what the system said.
    static func copy(_ data: String, to folder: String) throws {
        let files = FileManager.default
        do {
            try files.createDirectory(atPath: folder, withIntermediateDirectories: true)
            for name in try files.contentsOfDirectory(atPath: data) where !left.contains(name) {
                try files.copyItem(atPath: "\(data)/\(name)", toPath: "\(folder)/\(name)")
            }
        } catch {
            throw Problem(.machine, "cannot copy \(data) to \(folder): \(error.localizedDescription)")
        }
    }
}
