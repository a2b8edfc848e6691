import Stacks
import TestSupport
import Testing

/// Which files a project is made of, without any file.
@Suite(.timed) struct ComposeFilesTests {
    private func files(
        _ named: String..., beside: [String] = [], dotenv: String = "", environment: [String: String] = [:]
    ) -> ComposeFiles {
        let there = Set((named + beside).map { $0.hasPrefix("/") ? $0 : "/shop/\($0)" })
        return ComposeFiles(
            named: named.map { "/shop/\($0)" }, environment: environment, exists: there.contains,
            read: { $0 == "/shop/.env" ? dotenv : nil })
    }

    @Test(arguments: [
        ("compose.yaml", "compose.override.yaml"), ("compose.yaml", "docker-compose.override.yml"),
        ("docker-compose.yml", "docker-compose.override.yml"), ("compose.yml", "compose.override.yml"),
    ]) func anOverrideBesideTheDefaultFileIsTaken(file: String, override: String) {
        #expect(files(file, beside: [override]).paths == ["/shop/\(file)", "/shop/\(override)"])
    }

    @Test func otherFilesStandAlone() {
        #expect(files("prod.yaml", beside: ["compose.override.yaml"]).paths == ["/shop/prod.yaml"])
        // Compose itself would take compose.yaml there.
        let second = files("docker-compose.yml", beside: ["compose.yaml", "compose.override.yaml"])
        #expect(second.paths == ["/shop/docker-compose.yml"])
        let several = files("compose.yaml", "b.yaml", beside: ["compose.override.yaml"])
        #expect(several.paths == ["/shop/compose.yaml", "/shop/b.yaml"])
    }

    @Test func composeFileOfTheProjectIsFollowed() {
        let dotenv = """
            # files
            export COMPOSE_FILE="compose.yaml:load/prod.yaml"
            """
        let found = files("compose.yaml", beside: ["compose.override.yaml"], dotenv: dotenv)
        #expect(found.paths == ["/shop/compose.yaml", "/shop/load/prod.yaml"] && found.notes.isEmpty)
        let separated = files(
            "compose.yaml", dotenv: "COMPOSE_FILE=compose.yaml;b.yaml # both\nCOMPOSE_PATH_SEPARATOR=;")
        #expect(separated.paths == ["/shop/compose.yaml", "/shop/b.yaml"])
    }

    @Test func theEnvironmentComesBeforeTheProjectsOwn() {
        let found = files(
            "compose.yaml", dotenv: "COMPOSE_FILE=compose.yaml",
            environment: ["COMPOSE_FILE": "compose.yaml:/etc/more.yaml"])
        #expect(found.paths == ["/shop/compose.yaml", "/etc/more.yaml"])
    }

    @Test func composeFileOfAnotherProjectIsNotFollowed() {
        let found = files(
            "compose.yaml", beside: ["compose.override.yaml"], environment: ["COMPOSE_FILE": "/other/compose.yaml"])
        #expect(found.paths == ["/shop/compose.yaml", "/shop/compose.override.yaml"])
        #expect(found.notes.count == 1)
    }
}
