package import Model

/// What is run on a host of SSH, as values. The program lies there under the number of its build, so that it is sent once.
package struct SSHCommands: Sendable, Equatable {
    private let options: [String]
    private let destination: String
    private let build: String

    /// - Parameter build: see `BuildID`.
    package init(user: String?, host: String, port: Int?, build: String) {
        // Nobody is there to type a password.
        options =
            ["-T", "-o", "BatchMode=yes", "-o", "ConnectTimeout=10", "-o", "ServerAliveInterval=2"]
            + (port.map { ["-p", "\($0)"] } ?? [])
        destination = (user.map { $0 + "@" } ?? "") + host
        self.build = build
    }

    private var folder: String { "$HOME/.cache/storelab/\(build)" }

    /// - Parameter script: for sh, whatever shell the user has there; without single quotes.
    private func command(_ script: String) -> [String] { options + [destination, "exec sh -c '\(script)'"] }

    /// Says in lines of `word value` which machine it is, which of the libraries it lacks, and whether the program is there.
    /// - Parameter libraries: file names, such as `libz.so.1`.
    package func look(for libraries: [String]) -> [String] {
        let names = libraries.filter { $0.utf8.allSatisfy(Self.isPlain) }.joined(separator: " ")
        return command(
            """
            echo "machine $(uname -m)"; echo "system $(uname -s)"; \
            known=$(/sbin/ldconfig -p 2>/dev/null || ldconfig -p 2>/dev/null); \
            for name in \(names); do case "$known" in *"$name "*) ;; *) echo "lacks $name";; esac; done; \
            if [ -x "\(folder)/storelab" ]; then echo "program there"; else echo "program absent"; fi
            """)
    }

    /// Unpacks an archive from standard input. Another one that does the same at the same time does no harm.
    package var receive: [String] {
        command(
            """
            umask 077; top="$HOME/.cache/storelab"; mkdir -p "$top" && new=$(mktemp -d "$top/new.XXXXXX") && \
            tar -xzf - -C "$new" && { mv -T "$new" "\(folder)" 2>/dev/null || rm -rf "$new"; }; \
            [ -x "\(folder)/storelab" ]
            """)
    }

    package var run: [String] {
        command("LD_LIBRARY_PATH=\"\(folder)/lib\"; export LD_LIBRARY_PATH; exec \"\(folder)/storelab\" agent")
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "._+-".utf8.contains(byte)
        }
    }
}

/// What a host said when it was looked at.
package struct SSHHost: Sendable, Equatable {
    package var machine: String?
    package var system: String?
    package var lacks: [String] = []
    package var hasProgram = false

    package init(_ text: String) {
        for line in text.split(whereSeparator: \.isNewline) {
            let words = line.split(separator: " ", maxSplits: 1)
            guard words.count == 2 else { continue }
            switch words[0] {
            case "machine": machine = String(words[1])
            case "system": system = String(words[1])
            case "lacks": lacks.append(String(words[1]))
            case "program": hasProgram = words[1] == "there"
            default: break
            }
        }
    }

    /// - Parameters:
    ///   - name: of the agent.
    ///   - own: what this machine is.
    /// - Returns: why the program cannot run there; nil where it can.
    package func obstacle(for name: String, own: AgentMachine) -> Problem? {
        guard system == "Linux", let machine else {
            return Problem(
                .machine, "\(name) is no Linux machine, which an agent needs (\(system ?? "it says nothing"))")
        }
        guard machine == own.architecture else {
            return Problem(
                .machine, "\(name) is another architecture, \(machine); this program is built for \(own.architecture)",
                nextStep: "Use hosts of the same architecture as this machine.")
        }
        guard lacks.isEmpty else {
            return Problem(
                .machine, "\(name) lacks libraries that the program needs: \(lacks.joined(separator: ", "))",
                nextStep: "Install there the packages that ./storelab installs here; README.md lists them.")
        }
        return nil
    }
}
