import Model
import Results

extension Redaction {
    /// What is told of a measurement, without secrets.
    func happening(_ happening: RunHappening) -> RunHappening {
        switch happening {
        case .measurementEnded(let outcome): return .measurementEnded(self.outcome(outcome))
        case .failed(let example): return .failed(self.example(example))
        case .note(let text): return .note(prose(text))
        case .lost(let loss, let story): return .lost(loss, story: prose(story))
        case .fault(var record):
            record.trouble = record.trouble.map(prose)
            return .fault(record)
        default: return happening
        }
    }
}
