import Model
import Results

extension Redaction {
    /// What is told of a measurement, without secrets.
    func happening(_ happening: RunHappening) -> RunHappening {
        switch happening {
        case .measurementEnded(let outcome): .measurementEnded(self.outcome(outcome))
        case .failed(let example): .failed(self.example(example))
        case .note(let text): .note(prose(text))
        case .lost(let loss, let story): .lost(loss, story: prose(story))
        default: happening
        }
    }
}
