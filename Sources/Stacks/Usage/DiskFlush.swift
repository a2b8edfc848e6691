import Dispatch
import Foundation
import Model

/// How long a disk takes to make a few bytes safe, as a database asks of it at each commit.
package enum DiskFlush {
    private static let bytes = [UInt8](repeating: 0x53, count: 16)

    /// Posts it once a second until the task is cancelled. The same bytes are written over and over, so that the file does
    /// not grow and fdatasync(2) has nothing to make safe but them.
    /// - Parameter folder: on the disk; a file is made there, and removed at the end.
    package static func watch(in folder: String, board: SignalBoard) async {
        let path = "\(folder)/flush-\(UInt32.random(in: .min ... .max))"
        let descriptor = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return }
        defer {
            close(descriptor)
            unlink(path)
        }
        guard await seconds(descriptor) != nil else { return }
        while (try? await Task.sleep(for: .seconds(1))) != nil {
            guard let seconds = await seconds(descriptor) else { return }
            board.post(.diskFlush, of: "machine", .value(seconds))
        }
    }

    /// Off the threads that tasks share, for it may take long.
    private static func seconds(_ descriptor: Int32) async -> Seconds? {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                let clock = ContinuousClock()
                let began = clock.now
                guard pwrite(descriptor, bytes, bytes.count, 0) == bytes.count, fdatasync(descriptor) == 0 else {
                    return continuation.resume(returning: nil)
                }
                let took = (clock.now - began).components
                continuation.resume(returning: Double(took.seconds) + Double(took.attoseconds) / 1e18)
            }
        }
    }
}
