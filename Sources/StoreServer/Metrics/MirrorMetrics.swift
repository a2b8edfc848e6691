/// How well Redis follows MySQL.
package final class MirrorMetrics: Sendable {
    /// 1 while nothing is known to be missing in Redis.
    package let whole = Gauge()
    /// Changes that were not mirrored right after their commit.
    package let left = Counter()
    /// Times that this replica filled Redis from MySQL.
    package let rebuilds = Counter()
    /// Reports in the modes of Redis that MySQL answered.
    package let fallbacks = Counter()
    /// Transactions of which nobody knows whether they were committed.
    package let unknownCommits = Counter()

    package init() {}
}

extension StoreMetrics {
    func writeMirror(to page: inout Exposition) {
        page.single(
            "store_mirror_whole", .gauge, "1 while Redis lacks nothing that this store knows of.", mirror.whole.value)
        page.single(
            "store_mirror_left_total", .counter, "Changes that reached Redis later than right after their commit.",
            mirror.left.value)
        page.single(
            "store_mirror_rebuilds_total", .counter, "Times Redis was filled from MySQL.", mirror.rebuilds.value)
        page.single(
            "store_report_fallbacks_total", .counter, "Reports that MySQL answered in the place of Redis.",
            mirror.fallbacks.value)
        page.single(
            "store_unknown_commits_total", .counter,
            "Transactions of which it is not known whether they were committed.",
            mirror.unknownCommits.value)
    }
}
