import Glibc
package import Testing

/// Notes how long each test of a suite took, in the file that `STORELAB_TEST_TIMES` names. The times that the runner prints
/// count from when all tests were begun, while most of them waited for their turn. A test that hangs is named.
package struct Timed: SuiteTrait, TestTrait, TestScoping {
    private static let file: CInt =
        getenv("STORELAB_TEST_TIMES").map {
            open($0, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        } ?? -1

    package var isRecursive: Bool { true }

    package func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        let name = "\(test.sourceLocation.fileID) \(test.name)"
        guard Self.file >= 0 else { return try await HangWatch.during(name, function) }
        let began = ContinuousClock.now
        defer {
            let seconds = (ContinuousClock.now - began) / .seconds(1)
            // One write a line, so that lines of tests that end together stay whole.
            let line = Array("\(seconds) \(name)\n".utf8)
            _ = write(Self.file, line, line.count)
        }
        try await HangWatch.during(name, function)
    }
}

extension Trait where Self == Timed {
    /// Every suite has it: `./storelab test` prints the slowest tests.
    package static var timed: Self { Timed() }
}
