import ArgumentParser
import Experiments
import Foundation
package import Model

/// The command line of `load`, checked and put into the values that the other rooms take.
package struct LoadSetup: Sendable {
    package let url: String
    package let endpoint: Endpoint
    package let load: LoadDefinition
    /// Criteria of a search.
    package let criteria: [Criterion]
    /// The criteria of `--fail-if`: if one is met on the plateau, the exit code is 4.
    package let failIf: [Criterion]
    /// Those that are about faults, of which this load has none.
    package let faultGates: [FaultCriterion]
    package let threads: Int

    /// - Parameter arguments: those after `load`.
    /// - Throws: `Problem` of usage, or what the parser throws.
    package init(arguments: [String]) throws { try self.init(Load.parse(arguments)) }

    /// - Throws: `Problem` of usage.
    init(_ options: Load) throws {
        let target = try LoadTarget(options)
        url = target.url
        endpoint = target.endpoint
        guard (1...64).contains(options.threads) else { throw Problem(.usage, "--threads takes 1 to 64") }
        threads = options.threads
        // A number of requests ends the load by itself.
        let usual = options.connection.requests == nil ? "10s" : "24h"
        let hold = try Self.named("--duration") { try Notation.duration(options.duration ?? usual, in: 1...86_400) }
        let file = try options.tasks.map { try TaskFile(file: $0) }
        try EnvironmentVariable.check((file?.setup ?? []) + (file?.tasks ?? []))
        if file != nil, options.request.isGiven {
            throw Problem(
                .usage, "--tasks and --method, --data, --form or --expect-status exclude each other",
                nextStep: "Write them into the file of the tasks.")
        }
        var tasks = try file?.tasks ?? [options.request.task(path: target.path)]
        try options.request.apply(to: &tasks, isPlain: file == nil)
        for index in tasks.indices {
            tasks[index].headers += target.headers(besides: tasks[index].headers)
            if options.allowErrorKeys { tasks[index].expect.allowsErrorKeys = true }
        }
        let shape = try Self.arrivals(options, hold: hold) ?? Self.shape(options, hold: hold)
        let think = try Self.named("--think-time") { try Notation.thinkTime(options.thinkTime) }
        if options.connections != nil, think.maximum > 0 {
            throw Problem(.usage, "--connections has no think time", nextStep: "Use --users with --think-time.")
        }
        guard let seed = options.seed == "random" ? .random(in: LoadDefinition.seeds) : UInt64(options.seed),
            LoadDefinition.seeds.contains(seed)
        else {
            throw Problem(.usage, "--seed takes a number from 0 to \(LoadDefinition.seeds.upperBound), or random")
        }
        load = LoadDefinition(
            tasks: tasks, thinkTime: think, shape: shape,
            timeout: try Self.named("--timeout") { try Notation.duration(options.timeout, in: 0.01...300) },
            seed: seed, seedIsDrawn: options.seed == "random",
            connections: options.connection.disableKeepalive ? .perRequest : .keepAlive,
            cookies: options.cookies ? true : file?.cookies,
            setup: file?.setup ?? [],
            connectTimeout: try options.connection.connectTimeout.map { text in
                try Self.named("--connect-timeout") { try Notation.duration(text, in: 0.001...300) }
            }, requests: try Self.requests(options), streams: try options.connection.usersOfConnection(),
            from: try AgentOptions.addresses(options.from.filter { Int($0) == nil }),
            onLoss: try AgentOptions.policy(options.onLoss))
        if !options.findLimit, !options.search.limit.isEmpty {
            throw Problem(
                .usage, "--limit needs --find-limit", nextStep: "To set the exit code by a criterion, use --fail-if.")
        }
        let written = options.search.limit.isEmpty ? Self.defaultLimits : options.search.limit
        criteria =
            try options.findLimit
            ? written.map { text in try Self.named("--limit") { try Notation.criterion(text, whole: 5) } } : []
        let gates = try options.failIf.map { text in
            (text, try Self.named("--fail-if") { try Notation.faultCriterion(text) })
        }
        faultGates = gates.compactMap(\.1)
        failIf = try gates.filter { $0.1 == nil }.map { text, _ in
            try Self.named("--fail-if") { try Notation.criterion(text, whole: 3600) }
        }
    }

    private static let defaultLimits = ["error_rate > 1% for 5s", "p95 > 500ms for 5s"]

    private static func requests(_ options: Load) throws -> Int? {
        guard let requests = options.connection.requests else { return nil }
        guard (1...1_000_000_000).contains(requests) else {
            throw Problem(.usage, "--requests takes 1 to 1000000000")
        }
        guard options.open.rate == nil, !options.findLimit else {
            throw Problem(.usage, "--requests is for users or connections, not for --rate or --find-limit")
        }
        return requests
    }

    /// - Returns: nil where users are asked for.
    private static func arrivals(_ options: Load, hold: Seconds) throws -> LoadShape? {
        let open = options.open
        guard let rate = open.rate else {
            guard !open.isGiven else {
                let option = open.arrivals == nil ? "--ramp" : "--arrivals"
                throw Problem(
                    .usage, "\(option) needs --rate",
                    nextStep: "Add --rate 500/s; or use --spawn-rate 10/s for users that start one after the other.")
            }
            return nil
        }
        let closed = [
            ("--find-limit", options.findLimit), ("--users", options.users != nil),
            ("--connections", options.connections != nil), ("--spawn-rate", options.spawnRate != nil),
            ("--think-time", options.thinkTime != "0s"),
        ]
        if let option = closed.first(where: \.1)?.0 {
            throw Problem(
                .usage, "--rate and \(option) exclude each other: requests that arrive at a rate have no users",
                nextStep: "Leave out \(option), or use --users without --rate.")
        }
        let law = ArrivalLaw(rawValue: open.arrivals ?? ArrivalLaw.constant.rawValue)
        guard let law else {
            throw Problem(
                .usage,
                "--arrivals takes \(ArrivalLaw.allCases.map(\.rawValue).joined(separator: " or ")), not \(open.arrivals ?? "")"
            )
        }
        let stage = RateStage(
            perSecond: try named("--rate") { try Notation.rate(rate, in: 0.01...1_000_000) },
            ramp: try open.ramp.map { text in try named("--ramp") { try Notation.duration(text, in: 0...86_400) } }
                ?? 0,
            hold: hold)
        return .rate([stage], arrivals: law)
    }

    private static func shape(_ options: Load, hold: Seconds) throws -> LoadShape {
        if options.findLimit {
            guard options.users == nil, options.connections == nil, options.spawnRate == nil else {
                throw Problem(
                    .usage, "--find-limit chooses the number of users itself",
                    nextStep: "Set its bounds with --from and --to.")
            }
            let from = options.from.compactMap { Int($0) }.last ?? 50
            guard (1...1_000_000).contains(from), from <= options.search.to,
                options.search.to <= 1_000_000
            else { throw Problem(.usage, "--from and --to take 1 to 1000000, the smaller first") }
            let plateau = try named("--hold") { try Notation.duration(options.search.hold, in: 1...3600) }
            let precision = try named("--precision") { try Notation.share(options.search.precision, in: 0.001...1) }
            return .findLimit(
                LimitSearchPlan(
                    from: from, to: options.search.to, hold: plateau, precision: precision, factor: 4))
        }
        if let number = options.from.first(where: { Int($0) != nil }) {
            throw Problem(
                .usage, "--from \(number) is the first number of users of --find-limit",
                nextStep: "Add --find-limit; or name agents, for example --from local,local.")
        }
        guard options.users == nil || options.connections == nil else {
            throw Problem(.usage, "--users and --connections exclude each other")
        }
        let streams = try options.connection.usersOfConnection() ?? 1
        let users = options.connections.map { min($0, 1_000_001) * streams } ?? options.users ?? 10
        guard (1...1_000_000).contains(users) else {
            throw Problem(.usage, "the number of users must be from 1 to 1000000")
        }
        let rate = try options.spawnRate.map { text in
            try named("--spawn-rate") { try Notation.rate(text, in: 0.01...1_000_000) }
        }
        return .ramp([LoadStage(users: users, spawnRate: rate ?? min(Double(users), mostPerSecond), hold: hold)])
    }

    /// Faster than this the system drops handshakes: a listening socket has room for 4096 (net.core.somaxconn).
    private static let mostPerSecond = 10_000.0

    private static func named<Value>(_ option: String, _ read: () throws -> Value) throws -> Value {
        do {
            return try read()
        } catch let problem as Problem {
            throw Problem(problem.kind, "\(option): \(problem.message)", nextStep: problem.nextStep)
        }
    }
}
