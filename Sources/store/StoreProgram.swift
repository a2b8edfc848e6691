import ArgumentParser

@main
struct StoreProgram: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "store",
        abstract: "The store manager that StoreLab measures.",
        version: version,
        subcommands: [Serve.self, LoadDataset.self, CountOrders.self, Watch.self, Hold.self, Healthy.self])

    static let version = "0.2.0"
}
