import Foundation
import Orchestrator
import Reporting

/// What the open pages show of a run, kept up to date. It is rendered once per language and change, however many pages are
/// open, and a page gets what has changed since its last message: nothing waits for a page that does not read.
package actor LiveBoard {
    /// What an open page is told.
    struct Message: Sendable {
        /// Of the state that it brings the page to.
        var version: Int
        /// As an event of the stream; a comment when nothing has changed.
        var text: String
    }

    private struct Rendering {
        var version = 0
        var fragments: [String: (text: String, version: Int)] = [:]
        /// Messages by the version that a page had.
        var messages: [Int: Message] = [:]
    }

    private static let heartbeat = Duration.seconds(10)

    private let templates: WebTemplates
    private var version = 1
    private var timeline: Timeline?
    private var kind = RunDesk.Kind.run
    private var renderings: [Language: Rendering] = [:]
    private var waiting: [CheckedContinuation<Void, Never>] = []
    private var following: Task<Void, Never>?
    private var ticking: Task<Void, Never>?
    private var isClosed = false

    package init(templates: WebTemplates) { self.templates = templates }

    /// Shows a timeline from now on, from its beginning.
    func show(_ timeline: Timeline, as kind: RunDesk.Kind) {
        following?.cancel()
        self.kind = kind
        self.timeline = timeline
        changed()
        following = Task {
            // Many events at once may be more than wait for a follower; then it begins anew.
            var isOver = false
            while !Task.isCancelled, !isOver {
                let (history, events) = timeline.follow()
                isOver = history.closing != nil
                changed()
                for await _ in events {
                    guard !Task.isCancelled else { return }
                    changed()
                }
            }
        }
    }

    /// Lets all streams end.
    func close() {
        isClosed = true
        following?.cancel()
        ticking?.cancel()
        wake()
    }

    private func changed() {
        version += 1
        wake()
    }

    private func wake() {
        for continuation in waiting { continuation.resume() }
        waiting = []
    }

    /// Everything that a page shows now, for its first look.
    func fragments(_ language: Language) -> (version: Int, kind: RunDesk.Kind, texts: [String: String]) {
        let rendering = rendering(language)
        return (rendering.version, kind, rendering.fragments.mapValues(\.text))
    }

    /// Waits until there is something new.
    /// - Parameter seen: the version that the page shows; 0 for none.
    /// - Returns: nil when no more follows.
    func next(after seen: Int, _ language: Language) async -> Message? {
        tick()
        if seen >= version, !isClosed { await withCheckedContinuation { waiting.append($0) } }
        guard !isClosed, !Task.isCancelled else { return nil }
        guard seen < version else { return Message(version: seen, text: ": nothing new\n\n") }
        var rendering = rendering(language)
        if let known = rendering.messages[seen] { return known }
        let message = Self.message(rendering, after: seen > rendering.version ? 0 : seen)
        rendering.messages[seen] = message
        renderings[language] = rendering
        return message
    }

    /// Pages that nothing happens on hear from the server all the same, so that both sides notice when the other is gone.
    private func tick() {
        guard ticking == nil else { return }
        ticking = Task {
            while (try? await Task.sleep(for: Self.heartbeat)) != nil { wake() }
        }
    }

    private func rendering(_ language: Language) -> Rendering {
        var rendering = renderings[language] ?? Rendering()
        guard rendering.version < version else { return rendering }
        // Only here: a history that is held is copied when it grows.
        let history = timeline?.history ?? RunHistory()
        let page = LiveFragments(history, kind: kind, words: templates.words(of: language))
        for (name, text) in page.all where rendering.fragments[name]?.text != text.text {
            rendering.fragments[name] = (text.text, version)
        }
        rendering.version = version
        rendering.messages = [:]
        renderings[language] = rendering
        return rendering
    }

    private static func message(_ rendering: Rendering, after seen: Int) -> Message {
        let changed = rendering.fragments.filter { $0.value.version > seen }.mapValues(\.text)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes, .sortedKeys]
        let data = (try? encoder.encode(changed)) ?? Data("{}".utf8)
        return Message(
            version: rendering.version,
            text: "id: \(rendering.version)\nevent: state\ndata: \(String(decoding: data, as: UTF8.self))\n\n")
    }
}
