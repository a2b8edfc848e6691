import Foundation
import TestSupport
import Testing

extension OnRealServers {
    /// What users and machines do to a run that is going on.
    @Suite(.serialized) struct TroubleTests {
        @Test func interruptionKeepsWhatWasMeasuredAndResumeGoesOn() async throws {
            try await Laboratory.with { laboratory in
                try laboratory.write("1.yaml", Definition.ramp("first", hold: "2s"))
                try laboratory.write("2.yaml", Definition.ramp("second", hold: "6s"))
                let ending = try await laboratory.storelab(["run", "experiments", "--output", "output"]) { pid in
                    try await laboratory.waitForLoad("02-second")
                    kill(pid, SIGINT)
                }
                #expect(ending.code == 130, "\(ending.errors)")
                #expect(laboratory.leftovers() == [])
                #expect(try laboratory.read("02-second/record.json").contains("interrupted"))
                #expect(try laboratory.read("report.md").contains("second"))

                let first = try laboratory.read("01-first/record.json")
                let resumed = try await laboratory.storelab(["run", "--resume", "--output", "output"])
                #expect(resumed.code == 0, "\(resumed.errors)")
                #expect(try laboratory.read("01-first/record.json") == first)
                #expect(try laboratory.read("02-second/record.json").contains(#""outcome":{"measured":{}}"#))
            }
        }

        @Test(arguments: [SIGTERM, SIGINT]) func aSignalWhileTheStackComesUpLeavesNothing(signal: Int32) async throws {
            try await Laboratory.with { laboratory in
                try laboratory.write("1.yaml", Definition.ramp("only"))
                let ending = try await laboratory.storelab(["run", "experiments", "--output", "output"]) { pid in
                    try await laboratory.waitForServices()
                    kill(pid, signal)
                }
                #expect(ending.code == 130, "\(ending.errors)")
            }
        }

        enum Moment: CaseIterable {
            case stackUp, load
        }

        @Test(arguments: Moment.allCases) func cleanRemovesWhatAKilledRunLeft(at moment: Moment) async throws {
            try await Laboratory.with { laboratory in
                try laboratory.write(
                    "1.yaml", Definition.ramp("only", replicas: 2, balancer: "round_robin", hold: "20s"))
                let ending = try await laboratory.storelab(["run", "experiments", "--output", "output"]) { pid in
                    switch moment {
                    case .stackUp:
                        try await laboratory.waitForServices()
                    case .load:
                        try await laboratory.waitForLoad("01-only")
                        #expect(laboratory.services().count >= 6)
                    }
                    kill(pid, SIGKILL)
                }
                #expect(ending.code == nil)
                #expect(laboratory.leftovers() != [])
                let clean = try await laboratory.storelab(["clean"])
                #expect(clean.code == 0)
                #expect(clean.output.contains("removed"))
                #expect(laboratory.leftovers() == [])
                let report = try await laboratory.storelab(["report", "--output", "output"])
                #expect(report.code == 0, "\(report.errors)")
            }
        }

        @Test func aStoreThatDiesUnderLoadIsRecordedAndTheOthersGoOn() async throws {
            try await Laboratory.with { laboratory in
                try laboratory.write("1.yaml", Definition.ramp("dies", hold: "20s"))
                try laboratory.write("2.yaml", Definition.ramp("lives", hold: "2s"))
                let ending = try await laboratory.storelab(["run", "experiments", "--output", "output"]) { _ in
                    try await laboratory.waitForLoad("01-dies")
                    if let store = laboratory.services()["store-1"] { kill(store, SIGKILL) }
                }
                #expect(ending.code == 1)
                #expect(ending.errors.contains("store-1 was ended by signal 9"))
                #expect(try laboratory.read("02-lives/record.json").contains(#""outcome":{"measured":{}}"#))
                #expect(try laboratory.read("report.md").contains("store-1 was ended by signal 9"))
            }
        }

        @Test func aReplicaThatDiesIsNotedAndTheRestIsMeasured() async throws {
            try await Laboratory.with { laboratory in
                try laboratory.write("1.yaml", Definition.ramp("two", replicas: 2, balancer: "round_robin", hold: "6s"))
                let ending = try await laboratory.storelab(["run", "experiments", "--output", "output"]) { _ in
                    try await laboratory.waitForLoad("01-two")
                    if let store = laboratory.services()["store-2"] { kill(store, SIGKILL) }
                }
                #expect(ending.code == 0, "\(ending.errors)")
                #expect(try laboratory.read("report.md").contains("store-2 was ended by signal 9"))
            }
        }

        @Test func aWrongDefinitionStartsNothing() async throws {
            try await Laboratory.with { laboratory in
                try laboratory.write("1.yaml", Definition.ramp("one").replacing("replicas", with: "replcias"))
                try laboratory.write("2.yaml", Definition.ramp("two").replacing("hold: 3s", with: "hold: 3"))
                let ending = try await laboratory.storelab(["run", "experiments", "--output", "output"])
                #expect(ending.code == 2)
                #expect(ending.errors.contains("1.yaml:5:3") && ending.errors.contains("replicas"))
                #expect(ending.errors.contains("2.yaml:"))
                #expect(try FileManager.default.contentsOfDirectory(atPath: laboratory.output).isEmpty)
            }
        }
    }
}
