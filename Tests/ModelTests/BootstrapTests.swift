import Foundation
import TestSupport
import Testing

/// The scripts around the tests.
@Suite(.timed) struct BootstrapTests {
    /// Under `pipefail`, a reader that leaves early ends the script that asked.
    @Test func theSlowestTestsOfManyAreListed() throws {
        let times = FileManager.default.temporaryDirectory.appending(path: "storelab-times-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: times) }
        try (1...40_000).map { "\($0).5 File.swift test\($0)()\n" }.joined()
            .write(to: times, atomically: true, encoding: .utf8)

        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../tiers.bash").path
        let bash = Process()
        bash.executableURL = URL(filePath: "/bin/bash")
        bash.arguments = [
            "-c",
            """
            set -euo pipefail
            say() { echo "$*" >&2; }
            . "$0"
            STORELAB_TEST_TIMES=$1 slowest_tests
            """, script, times.path,
        ]
        let printed = Pipe()
        bash.standardError = printed
        try bash.run()
        let lines = String(decoding: printed.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            .split(separator: "\n")
        bash.waitUntilExit()
        #expect(bash.terminationStatus == 0)
        #expect(lines.count == 11)
        #expect(lines.dropFirst().first?.hasSuffix("40000.5  File.swift test40000()") == true)
    }
}
