import Foundation
import Glibc

func dupped(_ descriptor: CInt) -> CInt { dup(descriptor) }
func closed(_ descriptor: CInt) { close(descriptor) }
func written(_ bytes: [UInt8], to descriptor: CInt) -> Int { write(descriptor, bytes, bytes.count) }

/// A socket that is connected to a port of this machine.
func connected(to port: Int) -> CInt? {
    let descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let isConnected = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
        }
    }
    return isConnected ? descriptor : nil
}

/// Runs a program to its end.
/// - Parameters:
///   - input: path of the file that it reads.
///   - output: path of the file that all it says is written to.
/// - Returns: its exit code, and what it said.
func ran(_ program: String, _ arguments: [String], input: String, output: String) -> (code: Int32, output: String) {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    var words: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var (child, status) = (pid_t(), Int32())
    guard posix_spawn(&child, program, &actions, nil, &words, environ) == 0 else { return (-1, "it was not started") }
    waitpid(child, &status, 0)
    let said = FileManager.default.contents(atPath: output) ?? Data()
    return (status & 0x7F == 0 ? status >> 8 & 0xFF : -1, String(decoding: said, as: UTF8.self))
}
