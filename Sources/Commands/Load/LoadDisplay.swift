import Foundation
import Model
import Orchestrator
import Synchronization

/// Shows a load as it goes: on a terminal one line with a sparkline of the requests per second, elsewhere a line now and
/// then.
final class LoadDisplay: Sendable {
    private struct State {
        var rates: [Double] = []
        var hasLine = false
    }

    private static let plainInterval = 5
    private let style: ProgressDisplay.Style
    private let isSearch: Bool
    private let state = Mutex(State())

    init(_ setup: LoadSetup, style: ProgressDisplay.Style) {
        self.style = style
        isSearch = if case .findLimit = setup.load.shape { true } else { false }
    }

    func show(_ event: ProgressEvent) {
        state.withLock { state in
            switch event {
            case .second(let status):
                state.rates.append(Double(status.requestsPerSecond))
                state.rates = state.rates.suffix(30)
                draw(status, &state)
            case .stepEnded(let step):
                if isSearch { tell(Self.line(of: step), &state) }
            case .note(let text): tell(text, &state)
            case .runBegan, .measurementBegan, .phaseBegan, .measurementEnded, .skipped: break
            }
        }
    }

    /// Takes the live line away.
    func end() { state.withLock { erase(&$0) } }

    private static func line(of step: LoadStep) -> String {
        let outcome = step.outcomeWords
        let doubt = step.validity.map { $0.verdict == .valid ? "" : "  \($0.verdict.rawValue)" } ?? ""
        return Text.padded(Text.level(step.level), to: 14) + Text.padded(step.purpose.rawValue, to: 9) + outcome + doubt
    }

    private static func line(of status: LoadStatus) -> String {
        [
            "\(status.second + 1) s", Text.activity(status),
            "\(status.requestsPerSecond) req/s", "p95 " + (status.p95.map(Text.milliseconds) ?? "–"),
            "errors " + Text.percent(status.errorRate),
        ].joined(separator: "  ")
    }

    private func draw(_ status: LoadStatus, _ state: inout State) {
        switch style {
        case .live(let colour):
            let width = max(20, (Terminal.width ?? 80) - 1)
            let text = String("\(Self.line(of: status))  \(Text.sparkline(state.rates))".prefix(width))
            let shown = colour && status.errorRate > 0.01 ? "\u{1B}[31m\(text)\u{1B}[0m" : text
            Terminal.write("\r\u{1B}[2K" + shown, to: STDERR_FILENO)
            state.hasLine = true
        case .plain:
            if status.second % Self.plainInterval == Self.plainInterval - 1 { Terminal.tell(Self.line(of: status)) }
        }
    }

    private func tell(_ text: String, _ state: inout State) {
        erase(&state)
        Terminal.tell(text)
    }

    private func erase(_ state: inout State) {
        guard state.hasLine else { return }
        Terminal.write("\r\u{1B}[2K", to: STDERR_FILENO)
        state.hasLine = false
    }
}
