import Model
import Synchronization

/// The first failures of each kind and task, from all loops.
final class FailureLog: Sendable {
    struct Key: Hashable, Sendable {
        var task: String
        var kind: FailureKind
    }

    static let perKind = 3
    /// In bytes, of a request or an answer.
    static let excerpt = 1024
    /// Of a failed answer, where known signs are looked for.
    static let look = 4096

    private struct Kept: Sendable {
        var counts: [Key: Int] = [:]
        var examples: [FailureExample] = []
        var signs: [SignKind: String] = [:]
    }

    private let kept = Mutex(Kept())
    private let secrets: SecretMask

    init(hiding secrets: SecretMask) { self.secrets = secrets }

    /// Keeps the example unless there are enough of its kind.
    /// - Returns: whether another one of this kind is wanted.
    func add(_ example: FailureExample) -> Bool {
        kept.withLock { kept in
            let key = Key(task: example.task, kind: example.kind)
            let count = kept.counts[key, default: 0]
            guard count < Self.perKind else { return false }
            kept.counts[key] = count + 1
            kept.examples.append(secrets.hidden(example))
            return count + 1 < Self.perKind
        }
    }

    /// Keeps the first line with each sign.
    func keep(_ line: String, of sign: SignKind) {
        kept.withLock { if $0.signs[sign] == nil { $0.signs[sign] = secrets.hidden(line) } }
    }

    var signs: [SignKind: String] { kept.withLock { $0.signs } }

    var examples: [FailureExample] { kept.withLock { $0.examples } }
}
