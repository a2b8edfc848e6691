import Foundation
import Testing

extension OnRealServers {
    /// Nothing keeps a stack of containers from being taken down.
    @Suite(.enabled(if: Engine.isPresent, "skipped: \(Engine.absence)"))
    struct TakeDownTests {
        /// 200 MB are more than any answer of the engine that is read whole.
        @Test func aProjectThatLogsMuchIsTakenDownLikeAnyOther() async throws {
            let before = try await Engine.inventory()
            try await Laboratory.with { laboratory in
                var laboratory = laboratory
                laboratory.engine = Engine.environment
                let chatter =
                    "x=0123456789abcde; for i in 1 2 3 4 5 6; do x=$x$x; done; "
                    + "i=0; while [ $i -lt 210000 ]; do echo $x; i=$((i+1)); done"
                try laboratory.write("compose.yaml", OtherProject.compose(chatter: chatter))
                try laboratory.write("1.yaml", OtherProject.definition(laboratory.experiments + "/compose.yaml"))
                let ending = try await laboratory.storelab(["run", "experiments/1.yaml", "--output", "output"])
                #expect(ending.code == 0, "\(ending.errors)")
                let log = laboratory.output + "/latest/01-other/logs/chatter-1.log"
                let size = try FileManager.default.attributesOfItem(atPath: log)[.size] as? Int ?? 0
                #expect(size > 16 << 20, "as much of the log is kept as there was time for")
            }
            #expect(try await Engine.inventory() == before)
        }
    }
}
