package import Model
package import Stacks

/// Notices components that die under load. Without its database, its balancer or its last replica nothing is left to
/// measure; one replica of several, or Prometheus, is a loss that the record notes. Where the definition has faults, a load
/// without any of them is what is to be measured, and nothing ends it.
package struct CasualtyWatch {
    private let stores: Set<String>
    private let indispensable: Set<String>
    private let goesOn: Bool
    private var known: Set<String> = []
    package private(set) var losses: [ComponentLoss] = []

    /// - Parameter goesOn: whatever dies.
    package init(components: [Component], goesOn: Bool = false) {
        self.goesOn = goesOn
        stores = Set(components.filter { $0.role == .store }.map(\.name))
        indispensable = Set(components.filter { $0.role != .store && $0.role != .prometheus }.map(\.name))
    }

    /// - Returns: notes for the record on what died since the last look.
    /// - Throws: `Problem` when the measurement cannot go on; what `tell` throws.
    package mutating func look(
        at casualties: [Casualty], second: Int, tell: (RunHappening) throws -> Void
    ) throws -> [String] {
        let new = casualties.filter { !known.contains($0.component) }
        known.formUnion(new.map(\.component))
        let lost = new.map { ComponentLoss(component: $0.component, second: max(0, second - $0.age)) }
        losses += lost
        let notes = zip(new, lost).map { "At second \($1.second) of the load: \($0.story)" }
        for (loss, note) in zip(lost, notes) { try tell(.lost(loss, story: note)) }
        if !goesOn,
            let fatal = new.first(where: { indispensable.contains($0.component) })
                ?? (stores.isSubset(of: known) ? new.first : nil)
        {
            throw Problem(.measurement, "at second \(second) of the load \(fatal.story)")
        }
        return notes
    }
}
