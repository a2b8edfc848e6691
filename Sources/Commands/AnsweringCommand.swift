package import ArgumentParser

/// A verb whose answer is a value before it is printed, so that a test reads it without starting the program.
package protocol AnsweringCommand: AsyncParsableCommand {
    /// - Throws: `Problem` or `DefinitionFaults` when there is no answer.
    func answer(in places: Places) async throws -> CommandAnswer
}

extension AnsweringCommand {
    package func run() async throws {
        let answer = try await answer(in: Places())
        Terminal.answer(answer.text)
        if let message = answer.message { Terminal.tell(message) }
        guard answer.status == .measured else { throw answer.status }
    }
}

/// What a verb says, and how the program ends.
package struct CommandAnswer: Sendable, Equatable {
    /// For standard output.
    package var text: String
    /// For the person, on standard error.
    package var message: String?
    package var status: ExitStatus

    package init(text: String, message: String? = nil, status: ExitStatus = .measured) {
        self.text = text
        self.message = message
        self.status = status
    }
}

/// A verb of which more can be wrong than its parser sees.
package protocol CheckedCommand: ParsableCommand {
    /// Looks at the arguments as a whole; does nothing else.
    /// - Throws: `Problem` of usage.
    func check() throws
}
