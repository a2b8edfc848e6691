import Foundation
import Model
import Stacks
import TestSupport
import Testing

/// What keeps a project from being taken down, and what must not.
@Suite(.timed) struct TakeDownTests {
    private static func removed(
        _ fake: FakeDocker, limit: Duration = .seconds(60)
    ) async throws {
        try await ComposeLeftovers(docker: fake.docker, project: "p", limit: limit, pause: .zero).remove()
    }

    @Test func whyAContainerCannotBeRemovedIsTold() async throws {
        let reason = "Error response from daemon: container c1: driver \"overlay2\" failed: device or resource busy"
        try await FakeDocker.with("ps) echo c1 ;;\nrm) echo '\(reason)' >&2; exit 1 ;;") { fake in
            await #expect {
                try await Self.removed(fake)
            } throws: { error in
                let problem = error as? Problem
                return problem?.message.contains(reason) == true
                    && problem?.message.contains("removing the containers of p") == true
            }
        }
    }

    /// Once a call that got no answer left no reason behind.
    @Test func anEngineThatDoesNotAnswerIsTheReason() async throws {
        try await FakeDocker.with("ps) echo c1 ;;\nrm) exec sleep 60 ;;") { fake in
            await #expect {
                try await Self.removed(fake, limit: .milliseconds(50))
            } throws: { ($0 as? Problem)?.message.contains("Docker did not answer within") == true }
        }
    }

    @Test func whatIsStillThereAlthoughItWasRemovedIsTold() async throws {
        try await FakeDocker.with("ps) echo c1 ;;") { fake in
            await #expect {
                try await Self.removed(fake)
            } throws: { ($0 as? Problem)?.message.contains("still there") == true }
        }
    }

    @Test func aTalkativeEngineIsNoObstacle() async throws {
        let cases = """
            ps) test -e "$FOLDER/gone" || echo c1 ;;
            rm) head -c 20000000 /dev/zero | tr '\\0' x; touch "$FOLDER/gone" ;;
            """
        try await FakeDocker.with(cases) { try await Self.removed($0) }
    }

    @Test func oneCallThatFailsIsTriedAgain() async throws {
        let cases = """
            ps) test -e "$FOLDER/tried" || { touch "$FOLDER/tried"; echo hiccup >&2; exit 1; } ;;
            """
        try await FakeDocker.with(cases) { try await Self.removed($0) }
    }

    @Test func aLongLogIsKeptWhole() async throws {
        let logs = "logs) head -c 40000000 /dev/zero | tr '\\0' x; echo end >&2 ;;"
        try await FakeDocker.with("\(FakeDocker.oneContainer)\n\(logs)") { fake in
            await ContainerLogs(docker: fake.docker, project: "p").keep(in: fake.folder, within: .seconds(60))
            let size = try FileManager.default.attributesOfItem(atPath: fake.folder + "/c1-1.log")[.size] as? Int
            #expect(size == 40_000_004)
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: ["logs) while :; do echo more; done ;;", "logs) exec sleep 600 ;;"])
    func aLogWithoutEndIsLeft(logs: String) async throws {
        try await FakeDocker.with("\(FakeDocker.oneContainer)\n\(logs)") { fake in
            await ContainerLogs(docker: fake.docker, project: "p").keep(in: fake.folder, within: .milliseconds(300))
        }
    }
}
