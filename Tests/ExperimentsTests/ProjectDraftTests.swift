import Experiments
import Foundation
import Model
import TestSupport
import Testing

/// Experiments that are written from a Compose project.
@Suite(.timed) struct ProjectDraftTests {
    /// In a folder with the compose file that it names.
    private func read(_ draft: ProjectDraft) throws -> Experiment {
        let folder = FileManager.default.temporaryDirectory.appending(path: "draft-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Data().write(to: folder.appending(path: draft.project.file))
        let file = folder.appending(path: "1.yaml")
        try Data(draft.text().utf8).write(to: file)
        return try #require(loadExperiments(paths: [file.path]).first)
    }

    private func draft(
        _ name: String = "own", file: String = "compose.yaml", ready: String = "/health", restore: DataRestore? = nil,
        paths: [String] = ["/"], remarks: [String] = ["A guess."]
    ) -> ProjectDraft {
        ProjectDraft(
            name: name,
            project: OwnProject(file: file, service: "web_1", port: 5000, readyPath: ready, restore: restore),
            requests: DraftRequest.reading(paths), remarks: remarks)
    }

    @Test func theTextIsAnExperiment() throws {
        let experiment = try read(draft(restore: .volumes, paths: ["/items", "/orders/last", "/items"]))
        let project = try #require(experiment.stack.subject.project)
        #expect(project.service == "web_1" && project.port == 5000 && project.readyPath == "/health")
        #expect(project.restore == .volumes)
        #expect(experiment.load.tasks.map(\.name) == ["items", "orders-last"])
        #expect(experiment.load.shape.isSearch && experiment.criteria.count == 2)
        #expect(try read(draft()).stack.subject.project?.restore == nil)
    }

    @Test func whatTheProjectSaysIsDataInIt() throws {
        let strange = "a \"file\": #1 \\ é.yaml"
        let experiment = try read(
            draft(
                "yes", file: strange, ready: "/a?b=\"c\"&d=#e",
                paths: ["/a b".replacing(" ", with: "%20"), "/{x}: y".replacing(" ", with: "+")],
                remarks: [
                    "Two\nlines: of\u{0B} a \"remark\" # with marks.", String(repeating: "word ", count: 60),
                ]))
        #expect(experiment.name == "yes")
        #expect(experiment.stack.subject.project?.file.hasSuffix(strange) == true)
        #expect(experiment.stack.subject.project?.readyPath == "/a?b=\"c\"&d=#e")
        #expect(experiment.load.tasks.count == 2)
    }

    @Test func aNameThatIsNoneIsRefused() {
        #expect(throws: Problem.self) { try draft("../evil").text() }
    }

    @Test func requestsHaveNamesOfTheirOwn() {
        let requests = DraftRequest.reading(["/", "/a/b", "/a-b", "/é", "/a/b"])
        #expect(requests.map(\.name) == ["home", "a-b", "a-b-2", "home-2"])
        #expect(DraftRequest.reading((0..<50).map { "/\($0)" }).count == 20)
    }

    @Test func aLocustFileTellsWhatIsRead() {
        let paths = LocustPaths(
            """
            class User(HttpUser):
                def a(self): self.client.get("/a?x=1", name="a")
                def b(self): self.client.get( '/b' )
                def c(self): self.client.get(f"/c/{self.id}")
                def d(self): self.client.post("/d", json={})
                def e(self): self.client.get(path)
                def f(self): self.client.get(f"/f")
                def g(self): other.client.get("/g"); self.client.get("http://elsewhere/h")
            """)
        #expect(paths.read == ["/a?x=1", "/b", "/f"])
        #expect(paths.leftOut == ["GET /c/{self.id}", "POST /d", "GET http://elsewhere/h"])
    }
}
