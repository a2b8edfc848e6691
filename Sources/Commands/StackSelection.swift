import ArgumentParser
import Model
import Stacks

/// What `--stack` asks for.
enum RequestedStack: ExpressibleByArgument, Equatable {
    /// Docker Compose if an engine answers, else local processes.
    case auto
    case compose
    case swarm
    case local
    case url(String)

    init?(argument: String) {
        switch argument {
        case "auto": self = .auto
        case "compose": self = .compose
        case "swarm": self = .swarm
        case "local": self = .local
        case _ where argument.hasPrefix("http://") || argument.hasPrefix("https://"): self = .url(argument)
        default: return nil
        }
    }
}

/// Options of the commands that bring a stack up.
struct StackOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Stack: auto (Docker Compose if an engine answers, else local processes), compose, swarm (Docker Swarm), local, or the URL of an application that is already running.",
            valueName: "auto|compose|swarm|local|URL"))
    var stack = RequestedStack.auto

    @Option(help: ArgumentHelp("Allow the load to go to this host, which is not this machine.", valueName: "host"))
    var allowHost: [String] = []
}

/// The stack of a run, and why it is that one.
struct StackSelection {
    var stack: StackChoice
    /// For a person and for the record; nil where the experiments themselves say it.
    var reason: String?
    /// Those that a swarm which carries the stack has room for.
    var agents: SwarmAgents?

    /// - Throws: `Problem` (machine) when what was asked for is not to be had.
    static func choose(
        _ options: StackOptions, for experiments: [Experiment], _ places: Places, workspace: Workspace
    ) async throws -> StackSelection {
        let chooser = Chooser(options: options, places: places, workspace: workspace)
        let subjects = experiments.map(\.stack.subject)
        for case .running(let service) in subjects { _ = try ExternalStack(service, allowedHosts: options.allowHost) }
        if options.stack == .swarm, subjects.contains(where: { $0.project != nil }) {
            throw Problem(
                .usage, "a Compose project cannot be measured on a swarm: --stack swarm is for the store's scenarios",
                nextStep:
                    "Run the experiment with --stack compose. What a swarm would ignore or refuse of the project: "
                    + "storelab validate --stack swarm FILE.")
        }
        let (store, reason) = try await chooser.store(isNeeded: subjects.contains(.store))
        var projects = store as? ComposeStack
        if projects == nil, subjects.contains(where: { if case .project = $0 { true } else { false } }) {
            projects = try await chooser.compose(needsStore: false)
        }
        return StackSelection(
            stack: StackChoice(store: store, projects: projects, allowedHosts: options.allowHost), reason: reason,
            agents: (store as? SwarmStack)?.agents)
    }

    private struct Chooser {
        let options: StackOptions
        let places: Places
        let workspace: Workspace

        func store(isNeeded: Bool) async throws -> (any Stack, String?) {
            guard isNeeded else { return (NoStack(), nil) }
            switch options.stack {
            case .local: return (try local(), "local processes, as requested")
            case .url(let url):
                let target = RunningService(url: url, prometheus: nil)
                return (try ExternalStack(target, allowedHosts: options.allowHost), "\(url), as requested")
            case .compose:
                let stack = try await compose(needsStore: true)
                return (stack, "Docker Compose, as requested: \(stack.described)")
            case .swarm:
                let stack = try await SwarmStack.prepare(
                    templates: places.stackTemplates, home: places.home, storeExecutable: places.store,
                    workspace: workspace, tell: { Terminal.tell("storelab: \($0)") })
                return (stack, "Docker Swarm, as requested: \(stack.described)")
            case .auto:
                do {
                    let stack = try await compose(needsStore: true)
                    return (stack, "Docker Compose, because an engine answers: \(stack.described)")
                } catch let problem as Problem where problem.kind == .machine {
                    let why = problem.message.split(separator: "\n").first.map(String.init) ?? problem.message
                    return (try local(), "local processes, because Docker Compose cannot be used: \(why)")
                }
            }
        }

        func local() throws -> LocalStack {
            try LocalStack(templates: places.stackTemplates, storeExecutable: places.store, workspace: workspace)
        }

        func compose(needsStore: Bool) async throws -> ComposeStack {
            try await ComposeStack.prepare(
                templates: places.stackTemplates, home: places.home, storeExecutable: places.store,
                workspace: workspace, needsStore: needsStore, tell: { Terminal.tell("storelab: \($0)") })
        }
    }

    /// For runs in which no experiment is on the store.
    private struct NoStack: Stack {
        let kind = "none"

        func withRunning<Answer: Sendable>(
            _ request: StackRequest, _ body: @Sendable (any RunningStack) async throws -> Answer
        ) async throws -> Answer {
            throw Problem(.usage, "no stack was selected for the store")
        }
    }
}
