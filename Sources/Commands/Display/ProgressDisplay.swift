import Foundation
import Model
import Synchronization

/// Shows a run as it goes: on a terminal one line that is kept up to date below the steps that have ended, elsewhere
/// plain lines.
final class ProgressDisplay: Sendable {
    enum Style: Sendable {
        case live(colour: Bool)
        /// A line of the load's state at most every so many seconds.
        case plain

        static var current: Style {
            guard Terminal.width != nil, ProcessInfo.processInfo.environment["TERM"] != "dumb" else { return .plain }
            return .live(colour: (ProcessInfo.processInfo.environment["NO_COLOR"] ?? "").isEmpty)
        }
    }

    private struct State {
        var line: ProgressLine
        var hasLiveLine = false
    }

    private static let plainInterval = 10
    private let style: Style
    private let state: Mutex<State>

    init(style: Style) {
        self.style = style
        state = Mutex(State(line: ProgressLine()))
    }

    func show(_ event: RunEvent) {
        state.withLock { state in
            state.line.apply(event)
            for text in state.line.lasting(event) { print(text, &state) }
            switch (style, event.happening) {
            case (.live, _): redraw(&state)
            case (.plain, .second(let second)) where second.second % Self.plainInterval == Self.plainInterval - 1:
                print(state.line.text, &state)
            case (.plain, _): break
            }
        }
    }

    /// Takes the live line away.
    func end() { state.withLock { erase(&$0) } }

    private func print(_ text: String, _ state: inout State) {
        erase(&state)
        Terminal.tell(text)
    }

    private func redraw(_ state: inout State) {
        guard case .live(let colour) = style else { return }
        let text = String(state.line.text.prefix(max(20, (Terminal.width ?? 80) - 1)))
        let shown = colour && state.line.isTroubled ? "\u{1B}[31m\(text)\u{1B}[0m" : text
        Terminal.write("\r\u{1B}[2K" + shown, to: STDERR_FILENO)
        state.hasLiveLine = true
    }

    private func erase(_ state: inout State) {
        guard state.hasLiveLine else { return }
        Terminal.write("\r\u{1B}[2K", to: STDERR_FILENO)
        state.hasLiveLine = false
    }
}
