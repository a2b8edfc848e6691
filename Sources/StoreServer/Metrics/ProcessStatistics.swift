import Glibc

/// What the kernel says of this process.
package struct ProcessStatistics: Sendable, Equatable {
    package var cpuNanoseconds: Int
    package var residentBytes: Int
    package var openFileDescriptors: Int
    /// Since 1970-01-01T00:00:00Z.
    package var startUnixNanoseconds: Int

    package init(
        cpuNanoseconds: Int, residentBytes: Int, openFileDescriptors: Int, startUnixNanoseconds: Int
    ) {
        self.cpuNanoseconds = cpuNanoseconds
        self.residentBytes = residentBytes
        self.openFileDescriptors = openFileDescriptors
        self.startUnixNanoseconds = startUnixNanoseconds
    }

    /// - Parameter startUnixNanoseconds: as `now` gave it when the process began.
    /// - Returns: nil where there is no `/proc`.
    package static func current(startUnixNanoseconds: Int) -> ProcessStatistics? {
        guard let resident = residentBytes(), let descriptors = openFileDescriptors() else { return nil }
        return ProcessStatistics(
            cpuNanoseconds: nanoseconds(of: CLOCK_PROCESS_CPUTIME_ID), residentBytes: resident,
            openFileDescriptors: descriptors, startUnixNanoseconds: startUnixNanoseconds)
    }

    /// Nanoseconds since 1970-01-01T00:00:00Z.
    package static func now() -> Int { nanoseconds(of: CLOCK_REALTIME) }

    private static func nanoseconds(of clock: clockid_t) -> Int {
        // Seconds and nanoseconds. Their names in `timespec` are not used: the compiler may count them as members of a
        // module of NIO's that has the same header, and that no other package can import.
        var time = [0, 0]
        time.withUnsafeMutableBytes { bytes in
            guard let start = bytes.baseAddress else { return }
            clock_gettime(clock, start.assumingMemoryBound(to: timespec.self))
        }
        return time[0] * 1_000_000_000 + time[1]
    }

    private static func residentBytes() -> Int? {
        guard let file = fopen("/proc/self/statm", "r") else { return nil }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 128)
        guard fgets(&line, Int32(line.count), file) != nil else { return nil }
        let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let fields = text.split(separator: " ")
        guard fields.count > 1, let pages = Int(fields[1]) else { return nil }
        return pages * sysconf(Int32(_SC_PAGESIZE))
    }

    private static func openFileDescriptors() -> Int? {
        guard let folder = opendir("/proc/self/fd") else { return nil }
        defer { closedir(folder) }
        var count = 0
        while readdir(folder) != nil { count += 1 }
        // Not counted: `.`, `..` and the descriptor that reads the folder.
        return count - 3
    }
}
