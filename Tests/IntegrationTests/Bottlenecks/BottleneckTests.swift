import Foundation
import TestSupport
import Testing

extension OnRealServers {
    /// Bottlenecks made on purpose, on real stacks: the report names each. Which of several causes it names first depends
    /// on the machine and is judged on recordings (`RecordedBottleneckTests`), except where a part turns work away.
    @Suite(.serialized) struct BottleneckTests {
        /// Where the stack runs; containers only where there is an engine.
        private static let stacks = Engine.isPresent ? ["local", "compose"] : ["local"]

        private static let cases: [(MadeBottleneck, String)] = stacks.flatMap { stack in
            MadeBottleneck.allCases.filter { $0 != .nginxConnections && $0.stacks.contains(stack) }
                .filter { $0 != .generator || Starvation.isPossible }.map { ($0, stack) }
        }

        @Test(arguments: stacks) func connectionsOfNginxAreTheFirstCause(stack: String) async throws {
            try await MadeRun.with(.nginxConnections, on: stack) { run in
                let cause = try #require(run.causes.first, "no cause is named:\n\(run.section)")
                #expect(run.bottleneck.signs.contains(where: cause.contains), "\(cause)")
                #expect(run.section.contains("First cause:"))
                #expect(try run.laboratory.read("rapport.md").contains("Première cause"))
            }
        }

        @Test(.long, arguments: cases) func eachIsNamed(bottleneck: MadeBottleneck, stack: String) async throws {
            try await MadeRun.with(bottleneck, on: stack) { run in
                #expect(
                    run.causes.contains { cause in bottleneck.signs.contains(where: cause.contains) }, "\(run.section)")
            }
        }

        /// Makes the recordings anew that `RecordedBottleneckTests` judges: `Tests/record-bottlenecks`. The criterion lies
        /// halfway, by ratio, between the latency that this machine showed at three users and at all of them.
        @Test(
            .enabled(if: Recording.isAsked, "it makes recordings: Tests/record-bottlenecks"),
            arguments: (cases + stacks.map { (.nginxConnections, $0) }).filter(Recording.isAsked))
        func recordings(bottleneck: MadeBottleneck, stack: String) async throws {
            var limit: String?
            if bottleneck != .nginxConnections {
                try await MadeRun.with(bottleneck, on: stack) { run in
                    limit = "p50 > \(try await run.middleLatency())ms for 2s"
                }
            }
            try await MadeRun.with(bottleneck, on: stack, limit: limit) { run in
                let cause = try #require(run.causes.first, "no cause is named:\n\(run.section)")
                try #require(
                    cause.contains("First cause:") && bottleneck.signs.contains(where: cause.contains), "\(run.section)"
                )
                try Recording.keep(run.laboratory, bottleneck, stack)
            }
        }
    }
}
