import Model

/// Judges answers, and records what came of each request.
extension User {
    /// - Parameter whole: all of the answer in one piece: the same bytes are good again without being read.
    func answered(
        _ reader: AnswerReader, _ heard: Heard, whole: UnsafeRawBufferPointer?, keepsAlive: Bool, now: UInt64
    ) {
        let keepsAlive = keepsAlive && loop.plan.keepsConnections
        if let own, reader.scanner.noticesSession {
            own.store(reader.scanner.setCookies, from: loop.plan.origin, request: writtenRequest)
            let next = Hop.after(
                reader.scanner, to: writtenRequest(), hop: own.hop, most: loop.plan.tasks[task].follow,
                origin: loop.plan.origin)
            if case .success(let hop) = next { return follow(hop, own, keepsAlive: keepsAlive) }
            if case .failure(let fault) = next { return failed(fault, heard, keepsAlive: keepsAlive, now: now) }
        }
        if let fault = fault(in: reader) { return failed(fault, heard, keepsAlive: keepsAlive, now: now) }
        // An answer of which something is kept must be read each time.
        if let whole, !loop.plan.tasks[task].changesUser, reader.scanner.setCookies.isEmpty, own?.hop == nil {
            loop.memories[task].keep(whole, keepsAlive: keepsAlive, compressed: reader.compressed)
        }
        succeeded(keepsAlive: keepsAlive, compressed: reader.compressed, now: now)
    }

    func succeeded(keepsAlive: Bool, compressed: CompressedBodies?, now: UInt64) {
        if let compressed { loop.recorder.decoded(task: task, compressed) }
        loop.requestSucceeded(task: task, due: due, latency: now - due, firstByte: firstByte - sent, now: now)
        own?.ended(task, good: true, in: loop.plan)
        end(keepsAlive: keepsAlive)
    }

    private func failed(_ fault: AnswerFault, _ heard: Heard, keepsAlive: Bool, now: UInt64) {
        record(fault.kind, heard, latency: now - due, now: now) { fault.words }
        end(keepsAlive: keepsAlive)
    }

    /// Judges an answer and, if it is good, keeps what is to be kept of it.
    private func fault(in reader: AnswerReader) -> AnswerFault? {
        let task = loop.plan.tasks[task]
        if let fault = reader.fault(task.check) { return fault }
        guard task.changesUser, let own else { return nil }
        let placed = reader.taken(task.check, jar: own.cookies).flatMap {
            task.placed($0, origin: loop.plan.origin, request: writtenRequest)
        }
        switch placed {
        case .success(let values): own.learn(values, from: task)
        case .failure(let fault): return fault
        }
        return nil
    }

    // MARK: Failures

    func record(_ kind: FailureKind, _ heard: Heard, latency: UInt64, now: UInt64, words: () -> String) {
        own?.ended(task, good: false, in: loop.plan)
        let isWanted = loop.requestFailed(task: task, kind: kind, due: due, latency: latency, now: now)
        if !heard.isEmpty, loop.recorder.mayLook {
            // Signs are looked for in the beginning of what came.
            heard.beginning(FailureLog.look).withUnsafeBytes { loop.recorder.look(at: $0) }
        }
        guard isWanted else { return }
        loop.keep(
            FailureExample(
                task: loop.plan.tasks[task].name, kind: kind, time: loop.elapsed(now), latency: Double(latency) / 1e9,
                detail: words(), request: Excerpt.request(writtenRequest()),
                response: Excerpt.text(heard.beginning(FailureLog.excerpt))))
    }
}
