import Model
import Stacks
import TestSupport
import Testing

/// What a failed build is said to be.
@Suite(.timed) struct FailedBuildTests {
    @Test func theToolsErrorIsShownOfBuildKit() throws {
        let errors = """
            #7 [web 3/4] RUN pip install -r requirements.txt
            #7 0.912 Collecting flask
            #7 4.105 ERROR: Could not find a version that satisfies the requirement flsk==3 (from versions: none)
            #7 4.106 ERROR: No matching distribution found for flsk==3
            #7 ERROR: process "/bin/sh -c pip install -r requirements.txt" did not complete successfully: exit code: 1
            ------
             > [web 3/4] RUN pip install -r requirements.txt:
            4.105 ERROR: Could not find a version that satisfies the requirement flsk==3 (from versions: none)
            4.106 ERROR: No matching distribution found for flsk==3
            ------
            failed to solve: process "/bin/sh -c pip install -r requirements.txt" did not complete successfully: exit code: 1
            """
        let failed = try #require(FailedBuild(output: "", errors: errors))
        #expect(failed.step == "RUN pip install -r requirements.txt")
        #expect(
            failed.lines == [
                "ERROR: Could not find a version that satisfies the requirement flsk==3 (from versions: none)",
                "ERROR: No matching distribution found for flsk==3",
            ])
        #expect(failed.problem.message.contains("No matching distribution found for flsk==3"))
    }

    @Test func theToolsErrorIsShownOfTheOlderBuilder() throws {
        let output = """
            Step 2/3 : RUN npm ci
             ---> Running in 3fd9
            npm ERR! code ENOTFOUND: temporary failure in name resolution, connection refused
            """
        let errors = "The command '/bin/sh -c npm ci' returned a non-zero code: 1"
        let failed = try #require(FailedBuild(output: output, errors: errors))
        #expect(failed.step == "RUN npm ci")
        // A registry of packages is not the registry of the image.
        #expect(failed.problem.kind == .measurement && failed.lines.last?.hasPrefix("npm ERR! code") == true)
    }

    @Test func aToolThatNamesNoErrorIsShownByItsLastLines() throws {
        let errors = """
            #5 0.2 one
            #5 0.3 two
            failed to solve: process "/bin/sh -c make" did not complete successfully: exit code: 2
            """
        #expect(try #require(FailedBuild(output: "", errors: errors)).lines == ["one", "two"])
    }

    @Test func otherTroublesAreNoBuild() {
        #expect(FailedBuild(output: "", errors: "failed to solve: python:9: pull access denied") == nil)
        #expect(FailedBuild(output: "Container web-1 Started", errors: "") == nil)
    }
}
