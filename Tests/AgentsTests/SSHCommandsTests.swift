import Agents
import Model
import TestSupport
import Testing

/// What is run on other machines, as values.
@Suite(.timed) struct SSHCommandsTests {
    private static let commands = SSHCommands(user: "ann", host: "lab1", port: 2222, build: "abc123")

    @Test func noOneIsAskedForAPassword() {
        for arguments in [Self.commands.run, Self.commands.receive, Self.commands.look(for: [])] {
            #expect(arguments.dropLast(2).contains("BatchMode=yes"))
            #expect(arguments.contains("-p") && arguments.contains("2222"))
            #expect(arguments[arguments.count - 2] == "ann@lab1")
        }
        #expect(!SSHCommands(user: nil, host: "lab1", port: nil, build: "a").run.contains("-p"))
    }

    @Test func theProgramLiesUnderItsBuild() {
        #expect(
            Self.commands.run.last
                == "exec sh -c 'LD_LIBRARY_PATH=\"$HOME/.cache/storelab/abc123/lib\"; export LD_LIBRARY_PATH; "
                + "exec \"$HOME/.cache/storelab/abc123/storelab\" agent'"
        )
        #expect(Self.commands.receive.last?.contains("mv -T \"$new\" \"$HOME/.cache/storelab/abc123\"") == true)
    }

    /// The shell of the user there sees one quoted word.
    @Test func scriptsHaveNoQuoteThatEndsThem() {
        for script in [Self.commands.run.last, Self.commands.receive.last, Self.commands.look(for: ["a'b", "c"]).last] {
            #expect(script?.count { $0 == "'" } == 2 && script?.last == "'")
        }
    }

    @Test func aNameThatIsNoLibraryIsNotAskedFor() {
        let script = Self.commands.look(for: ["libz.so.1", "x;rm -rf $HOME", "libstdc++.so.6"]).last ?? ""
        #expect(script.contains("for name in libz.so.1 libstdc++.so.6; do"))
    }

    private static let own = AgentMachine(
        host: "here", architecture: "x86_64", kernel: "6.1", cores: 2, openFiles: 1024, ports: nil)

    @Test func aHostSaysWhetherTheProgramCanRunThere() {
        let good = SSHHost("machine x86_64\nsystem Linux\nprogram there\n")
        #expect(good.hasProgram && good.obstacle(for: "ssh://lab1", own: Self.own) == nil)
        let other = SSHHost("machine aarch64\nsystem Linux\nprogram absent\n").obstacle(
            for: "ssh://lab1", own: Self.own)
        #expect(
            other?.message == "ssh://lab1 is another architecture, aarch64; this program is built for x86_64")
        let mac = SSHHost("machine x86_64\nsystem Darwin\nprogram absent").obstacle(for: "ssh://lab1", own: Self.own)
        #expect(mac?.message == "ssh://lab1 is no Linux machine, which an agent needs (Darwin)")
        let bare = SSHHost("machine x86_64\nsystem Linux\nlacks libz.so.1\nlacks libssl.so.3\nprogram absent")
        #expect(
            bare.obstacle(for: "ssh://lab1", own: Self.own)?.message
                == "ssh://lab1 lacks libraries that the program needs: libz.so.1, libssl.so.3")
        #expect(SSHHost("Welcome!\n").obstacle(for: "ssh://lab1", own: Self.own) != nil)
    }

    @Test func librariesOfSwiftAreSentAlong() {
        let libraries = ProgramLibraries(
            ldd: """
                \tlinux-vdso.so.1 (0x00007f11bbbb7000)
                \tlibssl.so.3 => /lib/x86_64-linux-gnu/libssl.so.3 (0x00007f11bbafc000)
                \tlibswiftCore.so => /opt/swift/usr/lib/swift/linux/libswiftCore.so (0x00007f11b9600000)
                \t/lib64/ld-linux-x86-64.so.2 (0x00007f11bbbb9000)
                """)
        #expect(libraries.own == ["/opt/swift/usr/lib/swift/linux/libswiftCore.so"])
        #expect(libraries.system == ["libssl.so.3"])
    }
}
