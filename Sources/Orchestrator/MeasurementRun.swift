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
    private let timeline: Timeline
    private let name: MeasurementName
    private let draft: Mutex<Model.Measurement>

    init(
        _ plan: PlannedMeasurement, stack: any Stack, record: MeasurementRecord, makeSource: @escaping MakeLoadSource,
        logs: String,
        keepsPrometheus: Bool = false,
        timeline: Timeline, name: MeasurementName
    ) {
        experiment = plan.experiment
        variant = plan.variant
        self.stack = stack
        self.record = record
        self.makeSource = makeSource
        self.logs = logs
        self.keepsPrometheus = keepsPrometheus
        self.timeline = timeline
        self.name = name
        draft = Mutex(
            Model.Measurement(
                variant: variant.name, repetition: plan.repetition, stackKind: stack.kind(for: experiment.stack),
                began: Date().timeIntervalSince1970))
    }

    /// Measures and writes the record.
    /// - Throws: only when the record or the journal cannot be written.
    func run() async throws -> Outcome {
        try tell(.measurementBegan)
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
        try record.finish(draft.withLock { $0 }, logs: logs, redaction: Redaction(secrets))
        try? FileManager.default.removeItem(atPath: logs)
        try tell(.measurementEnded(outcome))
        if let error = recordingFailure.withLock({ $0 }) { throw error }
        return outcome
    }

    private func tell(_ happening: RunHappening) throws {
        try timeline.tell(Redaction(secrets).happening(happening), of: name)
    }

    // MARK: Phases

    /// Where the body stopped; the stack was taken down after it.
    private let failedPhase = Mutex<Phase?>(nil)
    private let current = Mutex<(phase: Phase, began: ContinuousClock.Instant)?>(nil)
    private let recordingFailure = Mutex<Problem?>(nil)

    private var phase: Phase { current.withLock { $0?.phase } ?? .stackUp }

    private func begin(_ phase: Phase) throws {
        try endPhase()
        try recording { try tell(.phaseBegan(phase)) }
        current.withLock { $0 = (phase, ContinuousClock.now) }
    }

    private func endPhase() throws {
        guard let (phase, began) = current.withLock({ $0 }) else { return }
        draft.withLock { $0.phases.append(PhaseTiming(phase: phase, seconds: (ContinuousClock.now - began).seconds)) }
        current.withLock { $0 = nil }
        try recording { try tell(.phaseEnded(phase)) }
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
            users: experiment.load.shape.mostUsers(sessions: LoadShape.usualSessions), logs: logs, secrets: secrets,
            proxy: ProxyRequest(experiment))
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
        let faults = try await faults(on: running)
        try begin(.preflight)
        let source = try await makeSource(running.endpoint, experiment.load)
        if experiment.stack.subject != .store, let collector = collector(of: running) {
            // Else its counters would have no value from just before the first request: what asked whether it was ready, and
            // whoever used it before, would be in their rise.
            await collector.waitForScrape(of: await collector.targets(), after: Date().timeIntervalSince1970)
        }
        let firstRequest = Date().timeIntervalSince1970
        let check = PreflightCheck(load: experiment.load, source: source, project: experiment.stack.subject.project)
        let preflight = await check.run { [self] in try? tell(.note($0)) }
        draft.withLock { $0.preflight = preflight }
        if let failure = preflight.lazy.compactMap(\.failure).first {
            _ = await source.stop()
            try Task.checkCancellation()
            throw check.problem(failure)
        }

        try begin(.load)
        let run = LoadRun(
            load: experiment.load, criteria: experiment.criteria, source: source, stack: running, preflight: preflight,
            faults: faults,
            save: { [self] sample in try recording { try record.append(sample) } },
            tell: { [self] happening in try recording { try tell(happening) } })
        let result = await run.run()
        draft.withLock {
            $0.loadBegan = source.loadBegan
            $0.steps = result.steps
            $0.failures = source.failureExamples
            $0.generator = result.generator
            $0.usage = result.usage
            $0.signals = result.signals
            $0.signs = SignRecord(answers: source.signExamples)
            $0.notes += result.notes
            $0.losses = result.losses.isEmpty ? nil : result.losses
            $0.faults = result.faults
            $0.dataset?.restorations = result.restorations
            if experiment.stack.subject.project != nil, result.restorations > 0 {
                $0.restorations = Restorations(
                    count: result.restorations, seconds: result.restoring, readinessRequests: result.readinessRequests)
            }
        }
        if let error = result.error, error is CancellationError { throw error }

        try begin(.collect)
        await collect(from: running, result, firstRequest: firstRequest)
        try Task.checkCancellation()
        if let error = result.error { throw error }
    }

    /// - Returns: nil where the definition has none.
    /// - Throws: `Problem` when the stack cannot make one of them.
    private func faults(on running: any RunningStack) async throws -> FaultRun? {
        guard let faults = experiment.faults, !faults.isEmpty else { return nil }
        guard let injector = running.faults else {
            throw Problem(.usage, "faults: this stack is not StoreLab's to break", nextStep: "Leave faults out.")
        }
        let plan = try FaultPlan(experiment, components: running.components)
        for entry in plan.entries { try await injector.prepare(entry.fault.action, on: entry.part) }
        return FaultRun(
            plan, injector: injector, tell: { [self] happening in try recording { try tell(happening) } })
    }

    /// nil where there is no Prometheus.
    private func collector(of running: any RunningStack) -> PrometheusCollector? {
        guard let base = running.prometheus.flatMap({ URL(string: $0) }) else { return nil }
        var isOurs = true
        if case .running = experiment.stack.subject { isOurs = false }
        return PrometheusCollector(
            source: PrometheusClient(base: base), observations: experiment.observations, isOurs: isOurs)
    }

    private func collect(
        from running: any RunningStack, _ load: LoadRun.Result, firstRequest: UnixTime
    ) async {
        let ended = Date().timeIntervalSince1970
        if let collector = collector(of: running) {
            let targets = await collector.targets()
            await collector.waitForScrape(of: targets, after: ended)
            let answers = await collector.collect(
                of: targets, preflight: firstRequest, from: draft.withLock { $0.loadBegan } ?? ended, to: ended,
                scraped: Date().timeIntervalSince1970)
            draft.withLock {
                $0.prometheus = answers
                $0.scrapeInterval = PrometheusCollector.interval(of: targets)
                PrometheusCollector.compare(in: &$0, tasks: experiment.load.tasks, sent: load.started)
            }
        }
        noteDeadParts()
        await collectSigns(from: running, to: ended)
        let orders = await running.countOrders()
        let components = await running.finalComponents()
        let notes = await running.finalNotes()
        draft.withLock {
            $0.notes += notes
            $0.dataset?.ordersAfter = orders
            if let last = $0.steps.indices.last, $0.dataset != nil { $0.steps[last].ordersEnded = orders }
            $0.components = components
        }
    }

    /// What a fault killed: a replica's counters go with it, and one that none started again answers nothing any more.
    private func noteDeadParts() {
        draft.withLock { draft in
            let replicas = draft.components.filter { $0.role == .store }.map(\.name)
            let killed = (draft.faults ?? []).filter { $0.fault.action == .kill && $0.trouble == nil }.map(\.part)
            draft.notes += replicas.filter(killed.contains).map {
                "A fault killed \($0): what it had counted since Prometheus last asked it is missing from the counters."
            }
            let last = (draft.faults ?? []).filter { !$0.fault.action.hasEnd && $0.trouble == nil }
                .sorted { $0.began < $1.began }
                .reduce(into: [String: FaultAction]()) { $0[$1.part] = $1.fault.action }
            draft.notes += last.filter { $0.value == .kill }.keys.sorted().map {
                "A fault killed \($0), and it was dead to the end: what only it could tell after the load is missing."
            }
        }
    }

    private func collectSigns(from running: any RunningStack, to ended: UnixTime) async {
        guard let began = draft.withLock({ $0.loadBegan }) else { return }
        var signs = await running.signs(in: LoadWindow(began: began, ended: ended))
        draft.withLock {
            signs.answers = $0.signs?.answers ?? [:]
            $0.signs = signs
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
