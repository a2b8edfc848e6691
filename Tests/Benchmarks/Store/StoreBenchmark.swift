import ArgumentParser

/// Measures the store beside its peers: each pair is run in turn on the same machine, and what counts is the ratio.
@main
struct StoreBenchmark: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "store-benchmark",
        abstract: "The store beside a bare Hummingbird route and mariadb-slap, as ratios.",
        subcommands: [Compare.self, Proxied.self, Bare.self], defaultSubcommand: Compare.self)
}
