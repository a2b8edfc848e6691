package import Analysis
import Foundation
import LoadGenerator
package import Model
import Orchestrator

/// A search for the limit of a simulated application, from its first step to its answer, by the conductor of real loads.
package struct SimulatedSearch {
    package private(set) var measurement: RecordedMeasurement
    package private(set) var steps: [JudgedStep]
    package private(set) var answer: LimitAnswer
    /// How long a real one would have taken, without restoring data.
    package private(set) var seconds: Int
    /// Of one second's reading of the machine's speed: a standard deviation, as a share of it.
    private static let speedError = 0.03

    /// One of the searches of a model, always the same under its number.
    package init(of model: SimulatedModel, number: Int) {
        let seed = UInt64(number) &* 1_000_003
        self.init(of: model.make(seed), load: SimulatedModel.load(seed: seed), criteria: SimulatedModel.criteria)
    }

    package init(of application: any SimulatedApplication, load: LoadDefinition, criteria: [Criterion]) {
        guard case .findLimit(let plan) = load.shape else { fatalError("a search needs a plan") }
        var simulation = SimulatedLoad(application, load: load)
        var conductor = LoadConductor(load: load, criteria: criteria)
        var samples: [SecondSample] = []
        var calculations: [Seconds?] = []
        var noise = RandomSource(seed: load.seed, ordinal: 1)
        var died: Int?
        var action = conductor.begin()
        run: while true {
            if action == .restore {
                if simulation.application.isDead {
                    died = conductor.steps.count - 1
                    break
                }
                action = conductor.restored(after: 0)
            }
            switch action {
            case .setUsers(let users, _, let thinkingFirst):
                if users > 0 { simulation.restart(for: users) }
                simulation.setUsers(users, thinkingFirst: thinkingFirst)
            case .finished: break run
            case .proceed, .restore, .regroup, .setRate: break
            }
            samples.append(simulation.nextSecond())
            calculations.append(
                simulation.machineSpeed.map { MachineSpeed.common / $0 * exp(Self.speedError * noise.normal()) })
            action = conductor.observe(samples[samples.count - 1])
        }
        var recorded = RecordedMeasurement(
            measurement: Measurement(variant: nil, stackKind: "simulated", began: 0), samples: samples)
        recorded.measurement.steps = conductor.steps
        if calculations.contains(where: { $0 != nil }) {
            let series = SignalSeries(kind: .calculation, component: "machine", limit: nil, values: calculations)
            recorded.measurement.signals = SignalRecord(times: samples.map { Double($0.second + 1) }, series: [series])
        }
        if let died { recorded.measurement.steps[died].killed = true }
        measurement = recorded
        seconds = samples.count
        steps = recorded.judgedSteps(load: load, criteria: criteria)
        answer = LimitAnswer(steps: steps, plan: plan, generator: nil)
    }
}

/// Single steps of a simulated application.
package enum SimulatedStep {
    /// The samples of one plateau that begins steady: fresh, with all users in the midst of a thought.
    package static func plateau(
        of application: any SimulatedApplication, load: LoadDefinition, users: Int, settle: Int, hold: Int
    ) -> [SecondSample] {
        var simulation = SimulatedLoad(application, load: load)
        simulation.restart(for: users)
        simulation.setUsers(users, thinkingFirst: true)
        return (0..<settle + hold).map { _ in simulation.nextSecond() }.suffix(hold)
    }
}
