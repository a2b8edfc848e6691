import Analysis
import Foundation
import Model
import SimulatedLaboratory

/// The limit of a model by long simulation.
enum Truth {
    /// Users at which a tenth, half and nine tenths of all plateaus break.
    static func limit(of model: SimulatedModel) -> [Double] {
        [0.1, 0.5, 0.9].map { share in
            var (low, high) = (50.0, 2000.0)
            for round in 0..<11 {
                let middle = (low * high).squareRoot()
                if broken(model, users: Int(middle.rounded()), plateaus: round < 5 ? 20 : 1000) > share {
                    high = middle
                } else {
                    low = middle
                }
            }
            return (low * high).squareRoot()
        }
    }

    private static func broken(_ model: SimulatedModel, users: Int, plateaus: Int) -> Double {
        let broken = (0..<plateaus).count { index in
            let seed = UInt64(index + 1) &* 7_000_003 &+ UInt64(users)
            // Long after the restart, as a plateau that begins when the application is steady; growth counts from the restart.
            let settle = model.name == "slow start" ? 12 : 2
            let samples = SimulatedStep.plateau(
                of: model.make(seed), load: SimulatedModel.load(seed: seed), users: users, settle: settle, hold: 10)
            return judge(SimulatedModel.criteria, on: samples, taskNames: ["request"]).contains { $0.outcome != .held }
        }
        return Double(broken) / Double(plateaus)
    }
}
