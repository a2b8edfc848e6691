import Model
import Reporting

extension WebWords {
    /// What was done and when.
    func callAsFunction(_ record: FaultRecord) -> String {
        var values = ["number": "\(record.index + 1)", "action": record.fault.action.key, "part": record.part]
        values["began"] = numbers.decimal(record.began, digits: 1)
        values["ended"] = record.ended.map { numbers.decimal($0, digits: 1) }
        values["why"] = record.trouble.map(recorded)
        if record.trouble != nil { return self("faultTrouble", values) }
        if !record.fault.action.hasEnd { return self("faultAt", values) }
        return self(record.ended == nil ? "fault" : "faultOver", values)
    }
}

extension FaultRecord {
    /// Whether it was taken back.
    var isOver: Bool { ended != nil && trouble == nil }
}
