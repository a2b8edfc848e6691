import Foundation
import Stacks

/// A program in Docker's place that answers as a test wants.
struct FakeDocker {
    /// For the script's files.
    let folder: String
    let docker: Docker

    /// Gives the body one, and removes it afterwards.
    /// - Parameter cases: what it does by its first argument, as branches of a shell's `case`.
    static func with(_ cases: String, _ body: (FakeDocker) async throws -> Void) async throws {
        let folder = NSTemporaryDirectory() + "storelab-test-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let script = "#!/bin/sh\ncase \"$1\" in\n\(cases)\nesac\n"
        try Data(script.utf8).write(to: URL(fileURLWithPath: folder + "/docker"))
        chmod(folder + "/docker", 0o700)
        try await body(
            FakeDocker(
                folder: folder, docker: Docker(executable: folder + "/docker", environment: ["FOLDER": folder])))
    }

    /// A branch that describes one container, as far as it is looked at.
    static let oneContainer = """
        ps) echo c1 ;;
        inspect) echo '[{"Id":"c1","Name":"/c1","Image":"i","RestartCount":0,"Config":{"Image":"i"},"HostConfig":{},
            "State":{"Status":"running","Pid":1,"ExitCode":0,"OOMKilled":false},"NetworkSettings":{}}]' ;;
        """
}
