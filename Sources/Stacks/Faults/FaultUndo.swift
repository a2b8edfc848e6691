/// What takes a fault back when the run that made it is gone. It stands in the ledger.
package enum FaultUndo: Codable, Sendable, Equatable {
    /// It ends with the run, or there is no way back.
    case nothing
    /// The processes of the workspace go on.
    case resume
    /// The quota of a control group, in cores; nil for none.
    case quota(group: String, cores: Double?)
    /// A call of Docker's command line, and the variables that say on which engine.
    case docker(arguments: [String], environment: [String: String])

    /// What is gone needs nothing taken back, so a failure says nothing.
    package func perform(in ledger: Ledger) async {
        switch self {
        case .nothing: break
        case .resume: ledger.continueProcesses()
        case .quota(let group, let cores): try? CPUGroup(path: group).setQuota(cores)
        case .docker(let arguments, let environment):
            _ = try? await Docker(environment: environment).run(arguments, within: .seconds(20))
        }
    }
}
