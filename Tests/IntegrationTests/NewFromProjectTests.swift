import Foundation
import TestSupport
import Testing

extension OnRealServers {
    /// Experiments written from the projects in Tests/Engine/projects, each of another make.
    @Suite(.serialized, .enabled(if: Engine.isPresent, "skipped: \(Engine.absence)"))
    struct NewFromProjectTests {
        /// Folder, compose file, and what is to be guessed; without a service where nothing can be measured.
        struct Project: Sendable, CustomTestStringConvertible {
            var folder: String
            var file: String
            var service: String?
            var port = 0
            var ready = "/"
            var tasks = ["home"]
            var restores = false
            var testDescription: String { folder }
        }

        static let projects = [
            Project(
                folder: "01-built", file: "compose.yaml", service: "shop", port: 8000, ready: "/health",
                tasks: ["health"]),
            Project(folder: "02-behind-nginx", file: "docker-compose.yml", service: "proxy", port: 80),
            Project(folder: "03-with-mysql", file: "docker-compose.yml", service: "store", port: 5000, restores: true),
            Project(
                folder: "04-front-and-api", file: "compose.yml", service: "api", port: 8000,
                tasks: ["items", "orders-last"]),
            Project(
                folder: "05-anchors", file: "docker-compose.yaml", service: "backend", port: 8080,
                tasks: ["items", "orders-last"]),
            Project(folder: "06-override", file: "docker-compose.yml", service: "web", port: 5000),
            Project(folder: "07-exposed", file: "compose.yaml", service: "counter", port: 8000, restores: true),
            Project(
                folder: "08-many-ports", file: "compose.yaml", service: "gateway", port: 9000, ready: "/items",
                tasks: ["items"]),
            Project(folder: "09-fixed-names", file: "docker-compose.yml", service: "my_app", port: 5000),
            Project(folder: "10-host-network", file: "compose.yaml"),
        ]

        /// A checkout of its own, so that nothing is written among the experiments of the real one.
        private func onCheckout(_ body: (Laboratory) async throws -> Void) async throws {
            try await Laboratory.onEngine { laboratory in
                var laboratory = laboratory
                laboratory.checkout = laboratory.folder
                try FileManager.default.createSymbolicLink(
                    atPath: laboratory.folder + "/templates", withDestinationPath: Laboratory.home + "/templates")
                try await body(laboratory)
            }
        }

        private func write(_ project: Project, in laboratory: Laboratory) async throws -> Laboratory.Ending {
            let file = "\(Laboratory.home)/Tests/Engine/projects/\(project.folder)/\(project.file)"
            return try await laboratory.storelab(["new", "--from", file])
        }

        @Test(arguments: projects) func aProjectIsRead(project: Project) async throws {
            try await onCheckout { laboratory in
                let ending = try await write(project, in: laboratory)
                guard let service = project.service else {
                    #expect(ending.code == 2 && ending.output.isEmpty)
                    #expect(ending.errors.contains("url: http://127.0.0.1:PORT"))
                    return
                }
                #expect(ending.code == 0, "\(ending.errors)")
                let file = "\(laboratory.experiments)/\(project.folder).yaml"
                let text = try String(contentsOfFile: file, encoding: .utf8)
                #expect(text.contains("service: \"\(service)\"") && text.contains("port: \(project.port) "))
                #expect(text.contains("ready: \"\(project.ready)\""))
                #expect(text.contains("restore: volumes") == project.restores)
                for task in project.tasks { #expect(text.contains("- name: \"\(task)\"")) }
                #expect(text.components(separatedBy: "- name:").count == project.tasks.count + 1)
                // Nothing of the project's secrets is copied.
                #expect(!text.contains("of-the-tests") && !ending.errors.contains("of-the-tests"))
                let validated = try await laboratory.storelab(["validate", file])
                #expect(validated.code == 0, "\(validated.errors)")
                // A second time it takes nothing away.
                #expect(try await write(project, in: laboratory).code == 2)
                #expect(try String(contentsOfFile: file, encoding: .utf8) == text)
            }
        }

        /// As it was written, but for the most users of the search, which would take minutes each.
        @Test(.long, arguments: projects.filter { $0.service != nil }) func whatWasWrittenRuns(project: Project)
            async throws
        {
            try await onCheckout { laboratory in
                #expect(try await write(project, in: laboratory).code == 0)
                let file = "\(laboratory.experiments)/\(project.folder).yaml"
                let text = try String(contentsOfFile: file, encoding: .utf8)
                try Data(text.replacing("to: 5000", with: "to: 20").utf8).write(to: URL(filePath: file))
                let ending = try await laboratory.storelab(["run", "--quick", file, "--output", "output"])
                #expect(ending.code == 0, "\(ending.errors)")
                #expect(ending.errors.contains("1 measurement") && !ending.errors.contains("not measured"))
            }
        }
    }
}
