import ArgumentParser
import Commands
import Experiments
import Model
import TestSupport
import Testing

private let url = "http://127.0.0.1:1/"

/// Each with a part of what is said about it.
private let wrongUsages: [([String], String)] = [
    (["load"], "url"),
    (["load", "http://192.0.2.1/"], "--allow-remote"),
    (["load", "ftp://127.0.0.1/"], "ftp://127.0.0.1/"),
    (["load", url, "--users", "5", "--connections", "5"], "--connections"),
    (["load", url, "--connections", "5", "--think-time", "1s"], "--connections has no think time"),
    (["load", url, "--duration", "10"], "--duration"),
    (["load", url, "--timeout", "1h"], "--timeout"),
    (["load", url, "--threads", "0"], "--threads takes 1 to 64"),
    (["load", url, "--seed", "-1"], "seed"),
    (["load", url, "--rate", "500/s", "--users", "5"], "--users"),
    (["load", url, "--rate", "500/s", "--connections", "5"], "--connections"),
    (["load", url, "--rate", "500/s", "--think-time", "1s"], "--think-time"),
    (["load", url, "--rate", "500/s", "--find-limit"], "--find-limit"),
    (["load", url, "--rate", "500/s", "--arrivals", "even"], "constant or poisson"),
    (["load", url, "--rate", "0/s"], "--rate"),
    (["load", url, "--ramp", "5s"], "--ramp needs --rate"),
    (["load", url, "--arrivals", "poisson"], "--arrivals needs --rate"),
    (["load", url, "--find-limit", "--users", "5"], "--find-limit"),
    (["load", url, "--limit", "p95 > 1s for 5s"], "--limit needs --find-limit"),
    (["load", url, "--fail-if", "p95 >"], "--fail-if"),
    (["load", url, "--tasks", "none.yaml"], "none.yaml"),
    (["load", url, "--trust", "any"], "--trust needs a URL with https"),
    (["run", "--resume", "--quick"], "--resume"),
    (["run", "--resume", "--repeat", "2"], "--resume"),
    (["run", "--fail-if", "lost > many"], "--fail-if"),
    (["run", "--fail-if", "p95 > 1s"], "is not about faults"),
    (["target", "--outage", "melt 2s at 1s"], "is no outage"),
    (["run", "--repeat", "0"], "--repeat 0"),
    (["run", "--repeat", "101"], "--repeat 101"),
    (["run", "--stack", "kubernetes"], "kubernetes"),
    (["report", "--format", "md,doc"], "there is no format doc"),
    (["report", "--against", "before"], "--against before needs --format github"),
    (["run", "--format", "md,html", "--against", "before"], "--against before needs --format github"),
    (["history", "--format", "xml"], "xml"),
    (["history", "a", "b"], "b"),
    (["calibrate", "--threads", "65"], "--threads takes 1 to 64"),
    (["package", "--language", "de"], "de"),
    (["compare", "one"], "<B>"),
    (["new"], "name"),
    (["stack", "up"], "file"),
    (["measure"], "measure"),
    (["list", "--quick"], "--quick"),
]

private let rightUsages: [[String]] = [
    ["run"], ["run", "experiments", "--quick", "--repeat", "3", "--keep-prometheus", "--dry-run"],
    ["run", "--fail-if", "lost > 10", "--fail-if", "recovery > 5s"],
    ["target", "--outage", "reset 2s at 10s", "--outage", "status 503 for 2s at 20s"],
    ["load", url, "--fail-if", "lost > 10"],
    ["run", "--resume"], ["run", "--resume", "experiments"],
    ["run", "--stack", "local", "--allow-host", "shop.example"],
    ["run", "--stack", "http://127.0.0.1:8080"], ["report", "latest", "--format", "md, html,pdf"], ["verify"],
    ["compare", "latest/before", "latest/after", "--language", "fr"],
    ["package", "--author", "A", "--author", "B"],
    ["package", "--grading"], ["report", "--format", "github", "--against", "before"],
    ["run", "--format", "md,github", "--against", "latest"], ["history"],
    ["history", "mysql-limit", "--html", "history.html", "--language", "fr", "--output", "runs"],
    ["list"], ["validate"], ["new", "mine"], ["doctor"], ["clean"], ["calibrate", "--threads", "64"], ["target"],
    ["stack", "up", "a.yaml"], ["stack", "down"], ["load", url],
]

/// Arguments that are understood, and those that are not, without starting the program.
@Suite(.timed) struct UsageTests {
    private static func explanation(_ arguments: [String]) -> StoreLab.Explanation? {
        do {
            _ = try StoreLab.command(arguments)
            return nil
        } catch {
            return StoreLab.explain(error)
        }
    }

    /// Help is a command of its own, which says it by ending.
    private static func help(_ verb: String...) -> StoreLab.Explanation? {
        do {
            var command = try StoreLab.command(verb + ["--help"])
            try command.run()
            return nil
        } catch {
            return StoreLab.explain(error)
        }
    }

    @Test(arguments: wrongUsages) func wrongUsageIsExplained(arguments: [String], words: String) throws {
        let explanation = try #require(Self.explanation(arguments), "it was taken")
        #expect(explanation.status == .wrongUsage && explanation.answer == nil)
        #expect(explanation.message?.contains(words) == true, "\(explanation.message ?? "")")
    }

    @Test(arguments: rightUsages) func rightUsageIsTaken(arguments: [String]) {
        #expect(Self.explanation(arguments) == nil)
    }

    @Test func helpAndVersionAreAnswers() throws {
        let version = try #require(Self.explanation(["--version"]))
        #expect(version == StoreLab.Explanation(status: .measured, answer: storelabVersion, message: nil))
        let help = try #require(Self.help())
        #expect(help.status == .measured && help.message == nil)
        for verb in [
            "run", "report", "compare", "history", "verify", "package", "validate", "list", "new", "load", "stack",
        ] {
            #expect(help.answer?.contains("\n  \(verb) ") == true, "\(verb)")
        }
        #expect(try #require(Self.help("load")).answer?.contains("--find-limit") == true)
    }

    @Test(arguments: [
        (Problem.Kind.measurement, Commands.ExitStatus.notMeasured), (.usage, .wrongUsage), (.machine, .machineLacks),
    ])
    func aProblemEndsTheProgramByItsKind(kind: Problem.Kind, status: Commands.ExitStatus) {
        let explanation = StoreLab.explain(Problem(kind, "it is broken", nextStep: "Mend it."))
        #expect(explanation.status == status && explanation.answer == nil)
        #expect(explanation.message == "storelab: it is broken\n  Mend it.")
    }

    @Test func whatWasToldAlreadyIsNotToldAgain() {
        #expect(StoreLab.explain(CancellationError()) == StoreLab.Explanation(status: .interrupted))
        #expect(StoreLab.explain(Commands.ExitStatus.notMeasured) == StoreLab.Explanation(status: .notMeasured))
    }
}
