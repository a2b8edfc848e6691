package import Model

/// How a criterion of `--fail-if` on faults came out, over all faults of a run.
package struct FaultVerdict: Sendable, Equatable {
    package enum Outcome: Sendable, Equatable {
        /// The largest cost of any.
        case held(worst: Double)
        /// At least so much, where it was not over when it was last seen.
        case met(value: Double)
        case notMeasured(Reason)
    }

    package enum Reason: Sendable, Equatable {
        case noFault
        /// StoreLab could not do it.
        case notDone
        /// It was not over within what was seen, and had not cost too much until then.
        case notOver
    }

    package var criterion: FaultCriterion
    package var outcome: Outcome

    package init(_ criterion: FaultCriterion, over faults: [BilledFault]) {
        self.criterion = criterion
        let costs = faults.map { Self.cost(criterion.cost, $0.bill) }
        if let worst = costs.map(\.value).max(), worst > criterion.threshold {
            outcome = .met(value: worst)
        } else if faults.isEmpty {
            outcome = .notMeasured(.noFault)
        } else if faults.contains(where: { $0.record.trouble != nil }) {
            outcome = .notMeasured(.notDone)
        } else if costs.contains(where: { !$0.isKnown && $0.most > criterion.threshold }) {
            outcome = .notMeasured(.notOver)
        } else {
            outcome = .held(worst: costs.map(\.value).max() ?? 0)
        }
    }

    /// - Returns: at least so much, whether it is known exactly, and at most how much.
    private static func cost(
        _ cost: FaultCriterion.Cost, _ bill: FaultBill
    ) -> (value: Double, isKnown: Bool, most: Double) {
        switch cost {
        case .lost:
            // What fails now and then, once all is well again, is lost too.
            let lost = Double(bill.lost + bill.failedLater)
            if case .unknown = bill.recovery { return (lost, false, .infinity) }
            return (lost, bill.open == 0, lost + Double(bill.open))
        case .recovery:
            switch bill.recovery {
            case .after(let seconds): return (seconds, true, seconds)
            case .unknown(let least, _): return (least, false, .infinity)
            }
        }
    }
}
