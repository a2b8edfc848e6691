import Experiments
import Foundation
import Model
import TestSupport
import Testing

/// Damaged definitions give faults or experiments; nothing else may happen. The seeds are fixed, so a failure repeats.
@Suite(.timed) struct FuzzTests {
    private struct Generator: RandomNumberGenerator {
        var state: UInt64

        /// SplitMix64 (Steele, Lea, Flood, 2014).
        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var value = state
            value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
            value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
            return value ^ (value >> 31)
        }
    }

    private static let splices = [
        "\t", "\n", ": ", "- ", "[", "]", "{", "}", "*a", "&a ", "!!str ", "!x ", "\"", "'", "|\n", ">\n", "#", "? ",
        "---\n",
        "...\n", "%YAML 1.1\n", "\u{0}", "\r", "\u{85}", "\u{2028}", "\u{E000}", "é", "🙂", "99999999999999999999", "-1",
        "1e999",
        "${", "<<: ", "~", ",", "name: a\n", "\\", "\\xFF", "@", "`", "..", "%", "/s",
    ]

    @Test(arguments: 0..<8)
    func damagedDefinitionsNeverCrash(seed: UInt64) async throws { try await onThread { try damaged(seed) } }

    private func damaged(_ seed: UInt64) throws {
        var random = Generator(state: seed)
        try withFolder { folder in
            let file = folder.appending(path: "a.yaml")
            for _ in 0..<(Tier.isFull ? 300 : 100) {
                var bytes = Array(valid.utf8)
                for _ in 0..<Int.random(in: 1...4, using: &random) {
                    let index = Int.random(in: 0..<bytes.count, using: &random)
                    switch Int.random(in: 0..<5, using: &random) {
                    case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
                    case 1:
                        bytes.removeSubrange(index..<min(bytes.count, index + Int.random(in: 1...40, using: &random)))
                    case 2: bytes.insert(contentsOf: bytes[index..<min(bytes.count, index + 60)], at: index)
                    default:
                        let splice = Self.splices.randomElement(using: &random) ?? ""
                        bytes.insert(contentsOf: Array(splice.utf8), at: index)
                    }
                    if bytes.isEmpty { bytes = [0x20] }
                }
                // A file written over is flushed to the disk by some file systems; a new one is not.
                try? FileManager.default.removeItem(at: file)
                try Data(bytes).write(to: file)
                do {
                    for experiment in try loadExperiments(paths: [file.path]) {
                        #expect(experiment.estimatedSeconds.isFinite)
                        #expect(experiment.quickened.estimatedSeconds.isFinite)
                    }
                } catch let faults as DefinitionFaults {
                    #expect(!faults.faults.isEmpty)
                    #expect(faults.faults.allSatisfy { $0.line >= 1 && $0.column >= 1 && !$0.message.contains("\n") })
                }
            }
        }
    }

    @Test func randomBytesNeverCrash() throws {
        var random = Generator(state: 99)
        for length in 0..<300 {
            let bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
            #expect(try !faults(of: bytes).isEmpty)
            let printable = bytes.map { $0 % 95 + 32 }
            #expect(try !faults(of: printable).isEmpty)
        }
    }
}
