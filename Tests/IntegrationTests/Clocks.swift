import Foundation
import Subprocess
import SystemPackage
import TestSupport

/// Makes programs see a wall clock that is wrong, as on a machine that no time server sets: its time, and the times at which the
/// system says that packets came.
enum Clocks {
    static let compiler: String? = {
        let path = (ProcessInfo.processInfo.environment["PATH"] ?? "") + ":/usr/bin"
        return ["cc", "clang", "gcc"].lazy.flatMap { name in path.split(separator: ":").map { "\($0)/\(name)" } }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }()

    private static let source = """
        #define _GNU_SOURCE
        #include <string.h>
        #include <sys/socket.h>
        #include <sys/syscall.h>
        #include <sys/time.h>
        #include <time.h>
        #include <unistd.h>

        int clock_gettime(clockid_t clock, struct timespec *time) {
            int result = (int)syscall(SYS_clock_gettime, clock, time);
            if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) time->tv_sec += SHIFT;
            return result;
        }

        int gettimeofday(struct timeval *time, void *zone) {
            int result = (int)syscall(SYS_gettimeofday, time, zone);
            if (result == 0 && time) time->tv_sec += SHIFT;
            return result;
        }

        time_t time(time_t *place) {
            struct timespec now;
            clock_gettime(CLOCK_REALTIME, &now);
            if (place) *place = now.tv_sec;
            return now.tv_sec;
        }

        ssize_t recvmsg(int socket, struct msghdr *message, int flags) {
            ssize_t count = syscall(SYS_recvmsg, socket, message, flags);
            if (count < 0) return count;
            for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header; header = CMSG_NXTHDR(message, header)) {
                if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_TIMESTAMPNS) continue;
                struct timespec time;
                memcpy(&time, CMSG_DATA(header), sizeof time);
                time.tv_sec += SHIFT;
                memcpy(CMSG_DATA(header), &time, sizeof time);
            }
            return count;
        }

        """

    /// - Parameter shift: in seconds.
    /// - Returns: path of a library for `LD_PRELOAD`.
    static func library(in folder: String, shift: Int) async throws -> String {
        let (code, library) = (folder + "/clock.c", folder + "/clock.so")
        try Data(source.utf8).write(to: URL(fileURLWithPath: code))
        let result = try await Subprocess.run(
            .path(FilePath(compiler ?? "")),
            arguments: ["-shared", "-fPIC", "-O1", "-DSHIFT=(\(shift))", "-o", library, code],
            output: .discarded, error: .string(limit: 1 << 16))
        guard result.terminationStatus.isSuccess else {
            throw TestFailure("the wrong clock could not be compiled: \(result.standardError)")
        }
        return library
    }
}
