import Foundation
import Synchronization

/// Gives the lines that a growing file got since the last look.
final class LogTail: Sendable {
    private let path: String
    private let state = Mutex((offset: UInt64(0), rest: Data()))
    /// More than that in one second is counted as far as this.
    private static let most = 4 << 20

    init(path: String) { self.path = path }

    func newLines(_ take: (Substring) -> Void) {
        guard let file = FileHandle(forReadingAtPath: path) else { return }
        defer { try? file.close() }
        let text = state.withLock { state -> Data? in
            guard (try? file.seek(toOffset: state.offset)) != nil, let read = try? file.read(upToCount: Self.most),
                !read.isEmpty
            else { return nil }
            state.offset += UInt64(read.count)
            let all = state.rest + read
            guard let end = all.lastIndex(of: UInt8(ascii: "\n")) else {
                state.rest = all
                return nil
            }
            state.rest = Data(all[all.index(after: end)...])
            return all[...end]
        }
        guard let text else { return }
        for line in String(decoding: text, as: UTF8.self).split(separator: "\n") { take(line) }
    }
}
