import Foundation
import Model
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

    func show(_ event: RunEvent) {
        state.withLock { state in
            switch event.happening {
            case .second(let second):
                state.rates.append(Double(second.all.ended))
                state.rates = state.rates.suffix(30)
                draw(second, &state)
            case .stepEnded(let decision):
                if isSearch { tell(Self.line(of: decision.step), &state) }
            case .note(let text), .lost(_, let text): tell(text, &state)
            case .planned, .runBegan, .skipped, .measurementBegan, .phaseBegan, .phaseEnded, .restored, .fault, .failed,
                .usage,
                .measurementEnded, .runEnded, .closed:
                break
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

    private static func line(of second: RunSecond) -> String {
        [
            "\(second.second + 1) s", Text.activity(second),
            "\(second.all.ended) req/s", "p95 " + (second.all.p95.map(Text.milliseconds) ?? "–"),
            "errors " + Text.percent(second.all.errorRate),
        ].joined(separator: "  ")
    }

    private func draw(_ second: RunSecond, _ state: inout State) {
        switch style {
        case .live(let colour):
            let width = max(20, (Terminal.width ?? 80) - 1)
            let text = String("\(Self.line(of: second))  \(Text.sparkline(state.rates))".prefix(width))
            let shown = colour && second.all.errorRate > 0.01 ? "\u{1B}[31m\(text)\u{1B}[0m" : text
            Terminal.write("\r\u{1B}[2K" + shown, to: STDERR_FILENO)
            state.hasLine = true
        case .plain:
            if second.second % Self.plainInterval == Self.plainInterval - 1 { Terminal.tell(Self.line(of: second)) }
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
