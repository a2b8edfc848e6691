import Glibc
import Model
import Threads

extension AgentMachine {
    /// This machine.
    static func current() -> AgentMachine {
        var names = utsname()
        uname(&names)
        let ports = text(of: "/proc/sys/net/ipv4/ip_local_port_range")?.split(whereSeparator: \.isWhitespace)
            .compactMap { Int($0) }
        let range = ports.flatMap { $0.count == 2 && $0[0] <= $0[1] ? $0[0]...$0[1] : nil }
        OpenFiles.raiseLimit()
        return AgentMachine(
            host: text(of: names.nodename), architecture: text(of: names.machine), kernel: text(of: names.release),
            cores: max(1, sysconf(CInt(_SC_NPROCESSORS_ONLN))), openFiles: OpenFiles.limit, ports: range)
    }

    private static func text<Field>(of field: Field) -> String {
        withUnsafeBytes(of: field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }

    private static func text(of path: String) -> String? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = read(file, &bytes, bytes.count)
        return count > 0 ? String(decoding: bytes.prefix(count), as: UTF8.self) : nil
    }
}
