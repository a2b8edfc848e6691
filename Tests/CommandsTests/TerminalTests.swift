import Commands
import Foundation
import TestSupport
import Testing

/// What comes out of the program.
@Suite(.timed) struct TerminalTests {
    @Test(arguments: [
        ("plain é\ttext\n", "plain é\ttext\n"), ("\u{1B}[31mred\u{7}", "\\u001b[31mred\\u0007"),
        ("\u{9B}2J\r", "\\u009b2J\\u000d"), ("a\u{202E}b\u{7F}", "a\\u202eb\\u007f"),
    ])
    func whatWouldSteerATerminalIsShown(text: String, shown: String) {
        #expect(Terminal.cleaned(text) == shown)
    }

    @Test func aTextThatCannotBeWrittenIsNotTakenForWritten() throws {
        let full = open("/dev/full", O_WRONLY | O_CLOEXEC)
        defer { close(full) }
        #expect(Terminal.write("answer", to: full) == ENOSPC)
        signal(SIGPIPE, SIG_IGN)
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        close(ends[0])
        defer { close(ends[1]) }
        #expect(Terminal.write("answer", to: ends[1]) == EPIPE)
        let nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC)
        defer { close(nowhere) }
        #expect(Terminal.write("answer", to: nowhere) == 0)
    }
}
