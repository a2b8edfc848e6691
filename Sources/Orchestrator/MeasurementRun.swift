import Foundation
import Model
import Prometheus
import Results
import Stacks
import Synchronization

/// One measurement from the stack's start to its end. Whatever happens on the way, what was measured until then is kept.
final class MeasurementRun: Sendable {
    private let experiment: Experiment
    private let variant: Variant
    private let stack: any Stack
    private let record: MeasurementRecord
    private let makeSource: MakeLoadSource
    private let logs: String
    private let secrets = KnownSecrets()
    private let keepsPrometheus: Bool
    private let journal: @Sendable (JournalEntry.Event) throws -> Void
    private let progress: @Sendable (ProgressEvent) -> Void
    private let draft: Mutex<Model.Measurement>

    init(
        _ plan: PlannedMeasurement, stack: any Stack, record: MeasurementRecord, makeSource: @escaping MakeLoadSource,
        logs: String,
        keepsPrometheus: Bool = false,
        journal: @escaping @Sendable (JournalEntry.Event) throws -> Void,
        progress: @escaping @Sendable (ProgressEvent) -> Void
    ) {
        experiment = plan.experiment
        variant = plan.variant
        self.stack = stack
        self.record = record
        self.makeSource = makeSource
        self.logs = logs
        self.keepsPrometheus = keepsPrometheus
        self.journal = journal
        self.progress = progress
        draft = Mutex(
            Model.Measurement(
                variant: variant.name, repetition: plan.repetition, stackKind: stack.kind(for: experiment.stack),
                began: Date().timeIntervalSince1970))
    }

    /// Measures and writes the record.
    /// - Throws: only when the record or the journal cannot be written.
    func run() async throws -> Outcome {
        try journal(.measurementBegan)
        let outcome: Outcome
        do {
            try await measure()
            outcome = .measured
        } catch {
            let stopped = failedPhase.withLock { $0 } ?? phase
            try? endPhase()
            outcome = Self.outcome(of: error, in: stopped)
        }
        draft.withLock {
            $0.outcome = outcome
            $0.ended = Date().timeIntervalSince1970
        }
        let redaction = Redaction(secrets)
        try record.finish(draft.withLock { $0 }, logs: logs, redaction: redaction)
        try? FileManager.default.removeItem(atPath: logs)
        try journal(.measurementEnded(redaction.outcome(outcome)))
        progress(.measurementEnded(outcome))
        if let error = recordingFailure.withLock({ $0 }) { throw error }
        return outcome
    }

    // MARK: Phases

    /// Where the body stopped; the stack was taken down after it.
    private let failedPhase = Mutex<Phase?>(nil)
    private let current = Mutex<(phase: Phase, began: ContinuousClock.Instant)?>(nil)
    private let recordingFailure = Mutex<Problem?>(nil)

    private var phase: Phase { current.withLock { $0?.phase } ?? .stackUp }

    private func begin(_ phase: Phase) throws {
        try endPhase()
        try recording { try journal(.phaseBegan(phase)) }
        progress(.phaseBegan(phase))
        current.withLock { $0 = (phase, ContinuousClock.now) }
    }

    private func endPhase() throws {
        guard let (phase, began) = current.withLock({ $0 }) else { return }
        draft.withLock { $0.phases.append(PhaseTiming(phase: phase, seconds: (ContinuousClock.now - began).seconds)) }
        current.withLock { $0 = nil }
        try recording { try journal(.phaseEnded(phase)) }
    }

    /// What cannot be recorded ends the run, not only this measurement.
    private func recording(_ write: () throws -> Void) throws {
        do {
            try write()
        } catch {
            recordingFailure.withLock { $0 = error as? Problem ?? Problem(.machine, "\(error)") }
            throw error
        }
    }

    private func measure() async throws {
        try begin(.stackUp)
        do {
            try FileManager.default.createDirectory(atPath: logs, withIntermediateDirectories: true)
        } catch {
            throw Problem(.machine, "cannot make \(logs): \(error.localizedDescription)")
        }
        let request = StackRequest(
            definition: experiment.stack.reduced(to: variant), balancer: variant.balancer,
            users: experiment.load.shape.mostUsers(sessions: LoadShape.usualSessions), logs: logs, secrets: secrets)
        // The body's error waits until the stack is down, so that taking it down is timed as a phase of its own.
        let ended = try await stack.withRunning(request) { running -> Result<Void, any Error> in
            let result: Result<Void, any Error>
            do {
                try await self.measure(on: running)
                result = .success(())
            } catch {
                result = .failure(error)
                self.failedPhase.withLock { $0 = self.phase }
            }
            try? self.begin(.stackDown)
            await self.keepPrometheus(of: running)
            return result
        }
        try endPhase()
        try ended.get()
    }

    private func measure(on running: any RunningStack) async throws {
        draft.withLock {
            $0.components = running.components
            $0.dataset = running.dataset
            $0.deployed = running.deployed
            $0.notes += running.notes
        }
        try begin(.preflight)
        let source = try await makeSource(running.endpoint, experiment.load)
        let check = PreflightCheck(load: experiment.load, source: source, project: experiment.stack.subject.project)
        let preflight = await check.run { progress(.note($0)) }
        draft.withLock { $0.preflight = preflight }
        if let failure = preflight.lazy.compactMap(\.failure).first {
            _ = await source.stop()
            try Task.checkCancellation()
            throw check.problem(failure)
        }

        try begin(.load)
        let run = LoadRun(
            load: experiment.load, limits: experiment.limits, source: source, stack: running, preflight: preflight,
            save: { [self] sample in try recording { try record.append(sample) } }, progress: progress)
        let result = await run.run()
        draft.withLock {
            $0.loadBegan = source.loadBegan
            $0.steps = result.steps
            $0.failures = source.failureExamples
            $0.generator = result.generator
            $0.usage = result.usage
            $0.signals = result.signals
            $0.notes += result.notes
            $0.losses = result.losses.isEmpty ? nil : result.losses
            $0.dataset?.restorations = result.restorations
            if experiment.stack.subject.project != nil, result.restorations > 0 {
                $0.restorations = Restorations(count: result.restorations, seconds: result.restoring)
            }
        }
        if let error = result.error, error is CancellationError { throw error }

        try begin(.collect)
        await collect(from: running, result)
        try Task.checkCancellation()
        if let error = result.error { throw error }
    }

    private func collect(from running: any RunningStack, _ load: LoadRun.Result) async {
        let ended = Date().timeIntervalSince1970
        if let base = running.prometheus.flatMap({ URL(string: $0) }) {
            let collector = PrometheusCollector(
                source: PrometheusClient(base: base), observations: experiment.observations)
            await collector.waitForScrape(
                after: ended, replicas: running.components.count { $0.role == .store })
            let answers = await collector.collect(from: draft.withLock { $0.loadBegan } ?? ended, to: ended)
            draft.withLock {
                $0.prometheus = answers
                $0.counters = PrometheusCollector.compare(
                    answers, tasks: experiment.load.tasks, samples: load.started, preflight: $0.preflight)
            }
        }
        let orders = await running.countOrders()
        let components = await running.finalComponents()
        draft.withLock {
            $0.dataset?.ordersAfter = orders
            if let last = $0.steps.indices.last, $0.dataset != nil { $0.steps[last].ordersEnded = orders }
            $0.components = components
        }
    }

    /// Not that of an interrupted measurement, which is to be made again.
    private func keepPrometheus(of running: any RunningStack) async {
        guard keepsPrometheus, !Task.isCancelled else { return }
        do {
            try await running.keepPrometheus(in: record.prometheus)
        } catch {
            let why = (error as? Problem)?.message ?? "\(error)"
            draft.withLock { $0.notes.append("The Prometheus data were not kept: \(why).") }
        }
    }

    private static func outcome(of error: any Error, in phase: Phase) -> Outcome {
        if error is CancellationError || Task.isCancelled { return .interrupted }
        return .failed(phase: phase, reason: (error as? Problem)?.description ?? "\(error)")
    }
}
