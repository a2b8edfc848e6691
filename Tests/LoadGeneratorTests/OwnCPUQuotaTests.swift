import Foundation
import LoadGenerator
import Model
import TestSupport
import Testing

/// Control groups as the kernel writes them, in a folder of their own.
@Suite(.timed) struct OwnCPUQuotaTests {
    private static func with(_ files: [String: String], _ body: (_ quota: OwnCPUQuota, _ root: URL) throws -> Void)
        throws
    {
        let root = FileManager.default.temporaryDirectory.appending(path: "quota-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: root) }
        try write(files, root)
        try body(OwnCPUQuota(root: root.path, memberships: root.path + "/memberships"), root)
    }

    private static func write(_ files: [String: String], _ root: URL) throws {
        for (path, text) in files {
            let file = root.appending(path: path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }
    }

    @Test func theNarrowestGroupOfVersion2IsRead() throws {
        let before = [
            "memberships": "0::/outer/inner\n", "cpu.stat": "usage_usec 1\n",
            "outer/cpu.max": "10000 100000\n", "outer/cpu.stat": "nr_throttled 2\nthrottled_usec 1000000\n",
            "outer/inner/cpu.max": "max 100000\n", "outer/inner/cpu.stat": "throttled_usec 0\n",
        ]
        try Self.with(before) { quota, root in
            var quota = quota
            #expect(quota.look(at: 1_000_000_000, used: 5) == nil)
            try Self.write(["outer/cpu.stat": "nr_throttled 9\nthrottled_usec 2500000\n"], root)
            let second = quota.look(at: 3_000_000_000, used: 5.2)
            #expect(second?.cores == 0.1 && second?.stopped == 0.75)
            #expect(second.map { abs($0.used - 0.1) < 1e-9 } == true)
        }
    }

    @Test func version1IsReadAndAGroupThatIsNotSeenIsTheMountsTop() throws {
        let before = [
            "memberships": "2:cpuacct:/x\n1:cpu:/hidden\n0::/\n", "cpu/cpu.cfs_quota_us": "50000\n",
            "cpu/cpu.cfs_period_us": "100000\n", "cpu/cpu.stat": "nr_periods 1\nthrottled_time 0\n",
        ]
        try Self.with(before) { quota, root in
            var quota = quota
            #expect(quota.look(at: 0, used: 0) == nil)
            try Self.write(["cpu/cpu.stat": "nr_periods 11\nthrottled_time 400000000\n"], root)
            #expect(quota.look(at: 1_000_000_000, used: 0.5) == QuotaSecond(cores: 0.5, stopped: 0.4, used: 0.5))
        }
    }

    @Test(arguments: ["max 100000\n", "", "nonsense"]) func whereNothingLimitsThereIsNothingToSay(maximum: String)
        throws
    {
        let files = ["memberships": "0::/a\n", "a/cpu.max": maximum, "a/cpu.stat": "throttled_usec 5\n"]
        try Self.with(files) { quota, _ in
            var quota = quota
            #expect(quota.look(at: 1, used: 0) == nil && quota.look(at: 1_000_000_000, used: 0) == nil)
        }
    }
}
