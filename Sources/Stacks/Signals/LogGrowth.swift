import Foundation
package import Model
import Synchronization

/// How long some logs were at each second: so the lines of a log that has no times of its own, or times of many kinds, still
/// belong to a second of the load.
package final class LogGrowth: Sendable {
    private struct Look: Sendable {
        var time: UnixTime
        var sizes: [String: Int]
    }

    /// Of a log more is not read.
    static let most = 512 << 20

    private let looks = Mutex<[Look]>([])
    /// By the component's name.
    private let files: [String: String]

    /// - Parameter files: the log's path by the component's name.
    package init(_ files: [String: String]) { self.files = files }

    /// Looks once a second until the task is cancelled, and once more then.
    package func watch() async {
        repeat { look() } while (try? await Task.sleep(for: .seconds(1))) != nil
        look()
    }

    package func look(at time: UnixTime = Date().timeIntervalSince1970) {
        let sizes = files.compactMapValues { path -> Int? in
            var status = stat()
            return stat(path, &status) == 0 ? Int(status.st_size) : nil
        }
        looks.withLock { $0.append(Look(time: time, sizes: sizes)) }
    }

    /// What each log bears of the load's time.
    package func signs(in window: LoadWindow) -> SignRecord {
        let looks = looks.withLock { $0 }
        var record = SignRecord()
        for (name, path) in files.sorted(by: { $0.key < $1.key }) {
            let sizes = looks.map { (time: $0.time, size: $0.sizes[name] ?? 0) }
            guard let first = sizes.last(where: { $0.time <= window.began }) ?? sizes.first,
                let file = FileHandle(forReadingAtPath: path)
            else { continue }
            defer { try? file.close() }
            record.read.append(name)
            let start = first.size
            guard (try? file.seek(toOffset: UInt64(start))) != nil else { continue }
            var signs = LogSigns(component: name) { _, offset in
                // Written between the first look that found the log longer and the one before.
                guard let later = sizes.firstIndex(where: { $0.size > start + offset }) else { return nil }
                let time = (sizes[max(0, later - 1)].time + sizes[later].time) / 2
                return window.second(of: max(window.began, min(time, window.ended)))
            }
            var read = 0
            while read < Self.most, let part = try? file.read(upToCount: 1 << 20), !part.isEmpty {
                part.withUnsafeBytes { signs.read($0) }
                read += part.count
            }
            if read >= Self.most { record.cut.append(name) }
            signs.finish()
            record.series += signs.series
        }
        return record
    }
}
