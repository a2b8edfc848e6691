import Foundation
import Testing

/// A secret is planted in every place, and found nowhere in what a run leaves.
private let plant = "pl4nted-S3cret"

extension OnRealServers {
    @Suite struct SecretsTests {
        static let tasks = """
                - name: order
                  post: /orders
                  body: bodies/order.json
                  headers: { Authorization: "Bearer \(plant)", X-Api-Key: \(plant), Cookie: "session=\(plant)" }
                  expect: { status: 201, has: order_id }
                - { name: spenders, get: "/orders/reports/highest-spenders?token=\(plant)", expect: { status: 200, is: list } }
            """

        static let broken = """
                - { name: login, post: "/login?api_key=\(plant)", body: bodies/login.json, expect: { status: 200 } }
            """

        @Test func aRunOnLocalProcessesKeepsNoSecret() async throws {
            try await Laboratory.with { laboratory in
                try laboratory.write("bodies/login.json", #"{"user": "ada", "password": "\#(plant)"}"#)
                try laboratory.write("1.yaml", Definition.ramp("reads", hold: "2s", tasks: Self.tasks))
                try laboratory.write("2.yaml", Definition.ramp("broken", hold: "2s", tasks: Self.broken))
                let ending = try await laboratory.storelab(["run", "experiments", "--output", "output"])
                #expect(ending.code == 1, "the second one fails before its load: \(ending.errors)")
                #expect(try laboratory.read("01-reads/record.json").contains(#""outcome":{"measured":{}}"#))
                #expect(try laboratory.read("manifest.json").contains("Authorization"), "names stay")
                #expect(try laboratory.read("02-broken/record.json").contains("api_key=***"))
                #expect(Self.finds(plant, in: laboratory.output) == [])

                let blind = try await laboratory.storelab(["run", "--resume", "--output", "output"])
                #expect(blind.code == 2 && blind.errors.contains("--resume FILE"), "\(blind.errors)")
                let resumed = try await laboratory.storelab(["run", "experiments", "--resume", "--output", "output"])
                #expect(resumed.code == 1, "\(resumed.errors)")
                #expect(try laboratory.read("02-broken/record.json").contains("api_key=***"))
                #expect(Self.finds(plant, in: laboratory.output) == [])
            }
        }

        @Test(.enabled(if: Engine.isPresent, "skipped: \(Engine.absence)"))
        func aRunOnContainersKeepsNoSecret() async throws {
            try await Laboratory.with { laboratory in
                var laboratory = laboratory
                laboratory.engine = Engine.environment
                try laboratory.write("1.yaml", Definition.ramp("reads", hold: "2s", tasks: Self.tasks))
                let ending = try await laboratory.storelab(["run", "experiments", "--output", "output"])
                #expect(ending.code == 0, "\(ending.errors)")
                #expect(try laboratory.read("01-reads/stack/.env").contains("DB_PASSWORD=***"))
                #expect(try laboratory.read("01-reads/stack/compose.yaml").contains("${DB_PASSWORD}"))
                #expect(Self.finds(plant, in: laboratory.output) == [])
            }
        }

        @Test(.enabled(if: Engine.isPresent, "skipped: \(Engine.absence)"))
        func aProjectOfSomebodyElseKeepsItsSecrets() async throws {
            try await Laboratory.with { laboratory in
                var laboratory = laboratory
                laboratory.engine = Engine.environment
                try laboratory.write(".env", "FILE_TOKEN=\(plant)\n")
                try laboratory.write(
                    "compose.yaml",
                    OtherProject.compose(
                        environment: "{ APP_PASSWORD: \(plant), ADDRESS: \"redis://:\(plant)@redis:6379\" }",
                        says: "print('started with', '\(plant)', os.environ['FILE_TOKEN'], flush=True)"))
                try laboratory.write("1.yaml", OtherProject.definition(laboratory.experiments + "/compose.yaml"))
                let ending = try await laboratory.storelab(["run", "experiments/1.yaml", "--output", "output"])
                #expect(ending.code == 0, "\(ending.errors)")
                #expect(try laboratory.read("01-other/stack/compose.yaml").contains("APP_PASSWORD: ***"))
                #expect(try laboratory.read("01-other/logs/web-1.log").contains("started with *** ***"))
                #expect(Self.finds(plant, in: laboratory.output) == [])
            }
        }

        /// Files below a folder that hold a text.
        static func finds(_ text: String, in folder: String) -> [String] {
            let files = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
            return files.filter { file in
                FileManager.default.contents(atPath: "\(folder)/\(file)")?.range(of: Data(text.utf8)) != nil
            }
        }
    }
}
