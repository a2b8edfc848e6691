import LoadGenerator
import Model
import TestSupport
import Testing

/// Loads on https, against a real server.
@Suite(
    .timed, .onServers, .enabled(if: SecureServer.isInstalled, "nginx or openssl is not installed"),
    .timeLimit(.minutes(5)))
struct TLSTests {
    private func load(
        _ path: String = "/", shape: LoadShape = .ramp([]), connections: ConnectionUse = .keepAlive
    ) -> LoadDefinition {
        let task = LoadTask(name: "t", weight: 1, method: .get, path: path, expect: .init(jsonKind: .list))
        return LoadDefinition(
            tasks: [task], thinkTime: ThinkTime(minimum: 0, maximum: 0), shape: shape, connections: connections)
    }

    /// Runs until this many requests have ended, or three seconds are over.
    private func totals(
        _ load: LoadDefinition, _ target: Endpoint, atLeast count: Int = 1, rate: Double? = nil
    ) async throws -> Totals {
        let generator = try LoadGenerator(endpoint: target, load: load, options: .init(threads: 2))
        let samples = generator.start()
        if let rate { generator.setRate(rate, over: 0) } else { generator.setUsers(5, ratePerSecond: .infinity) }
        var totals = Totals()
        for await sample in samples {
            totals.samples.append(sample)
            if totals.succeeded + totals.failed >= count || totals.samples.count == 3 {
                totals.report = await generator.stop()
            }
        }
        totals.examples = generator.failureExamples
        return totals
    }

    private func preflight(_ target: Endpoint) async throws -> FailureExample? {
        let generator = try LoadGenerator(endpoint: target, load: load())
        let results = await generator.preflight()
        _ = await generator.stop()
        #expect(results.count == 1)
        return results.first?.failure
    }

    @Test(arguments: ["/", "/large"], [ConnectionUse.keepAlive, .perRequest])
    func aTrustedServerIsLoadedAsAnyOther(path: String, connections: ConnectionUse) async throws {
        try await SecureServer.with { server in
            let target = Endpoint(host: "localhost", port: server.port, trust: .file(server.certificate))
            #expect(try await preflight(target) == nil)
            let totals = try await totals(load(path, connections: connections), target)
            totals.expectConsistent()
            #expect(totals.failures == [:])
            #expect(totals.succeeded > 0)
        }
    }

    /// A new connection for each request, which succeeds where it takes a session up again.
    private static func resuming(think: Seconds) throws -> LoadDefinition {
        let path = try #require(JSONPath(rawValue: "$[0]"))
        let check = Check(equals: [ExpectedValue(path: path, value: .string("r"))])
        return LoadDefinition(
            tasks: [LoadTask(name: "t", weight: 1, method: .get, path: "/resumed", expect: check)],
            thinkTime: ThinkTime(minimum: think, maximum: think), shape: .ramp([]), connections: .perRequest)
    }

    /// A new connection for each request costs each user one full handshake.
    @Test(arguments: [nil, 1]) func aUserTakesItsSessionUpAgain(streams: Int?) async throws {
        try await SecureServer.with { server in
            var load = try Self.resuming(think: 0)
            load.streams = streams
            let port = streams == nil ? server.port : server.http2Port
            let target = Endpoint(host: "localhost", port: port, trust: .file(server.certificate))
            let totals = try await totals(load, target, atLeast: 30)
            #expect(totals.failed == 5 && totals.succeeded >= 25, "\(totals.failures)")
        }
    }

    /// Users who come later use what secured the connections of those before them, but never their sessions.
    @Test func aUserWhoComesLaterMakesAHandshakeOfItsOwn() async throws {
        try await SecureServer.with { server in
            let load = try Self.resuming(think: 0.02)
            let target = Endpoint(host: "localhost", port: server.port, trust: .file(server.certificate))
            let generator = try LoadGenerator(endpoint: target, load: load, options: .init(threads: 1))
            let samples = generator.start()
            generator.setUsers(2, ratePerSecond: .infinity)
            var (totals, areMore) = (Totals(), false)
            for await sample in samples {
                totals.samples.append(sample)
                // On a busy machine the first handshakes take their time.
                if !areMore, totals.succeeded > 0 {
                    areMore = true
                    generator.setUsers(6, ratePerSecond: .infinity)
                }
                let isEnough = sample.users == 6 && totals.failed >= 6 && totals.succeeded > 20
                if isEnough || totals.samples.count == 30 { totals.report = await generator.stop() }
            }
            totals.expectConsistent()
            #expect(totals.failed == 6, "\(totals.failures)")
        }
    }

    /// What secured the connections before is used for the next ones, but what was found of the server is not.
    @Test func aCertificateThatChangesIsATLSFailure() async throws {
        try await SecureServer.with { server in
            let target = Endpoint(host: "localhost", port: server.port, trust: .file(server.certificate))
            let generator = try LoadGenerator(
                endpoint: target, load: load(connections: .perRequest), options: .init(threads: 1))
            let samples = generator.start()
            generator.setUsers(2, ratePerSecond: .infinity)
            var (totals, isChanged) = (Totals(), false)
            for await sample in samples {
                totals.samples.append(sample)
                if !isChanged, totals.succeeded > 0 {
                    #expect(totals.failures == [:])
                    try server.changeCertificate()
                    isChanged = true
                }
                let isRefused = isChanged && sample.tasks.allSatisfy { $0.succeeded.count == 0 && $0.failed.count > 0 }
                if isRefused || totals.samples.count == 60 { totals.report = await generator.stop() }
            }
            totals.expectConsistent()
            #expect(totals.failures.keys.contains(.tls))
            #expect(Set(totals.failures.keys).isSubset(of: [.tls, .reset]))
            let example = try #require(generator.failureExamples.first { $0.kind == .tls })
            #expect(example.detail.hasPrefix("the server's certificate is not trusted: self"))
        }
    }

    @Test func arrivalsComeAtTheirRate() async throws {
        try await SecureServer.with { server in
            let target = Endpoint(host: "localhost", port: server.port, trust: .any)
            let totals = try await totals(
                load(shape: .rate([], arrivals: .constant)), target, atLeast: 200, rate: 200)
            #expect(totals.failures == [:])
            #expect(totals.succeeded >= 200)
        }
    }

    @Test func aCertificateThatNobodyVouchesForIsATLSFailure() async throws {
        try await SecureServer.with { server in
            let target = Endpoint(host: "localhost", port: server.port, trust: .system)
            let failure = try #require(try await preflight(target))
            #expect(failure.kind == .tls)
            #expect(failure.detail.hasPrefix("the server's certificate is not trusted: self"))
            let totals = try await totals(load(), target)
            totals.expectConsistent()
            #expect(totals.failures == [.tls: totals.started])
            #expect(totals.examples.first?.kind == .tls)
            #expect(totals.examples.first?.request == "GET /")
        }
    }

    @Test func aCertificateForAnotherNameIsATLSFailure() async throws {
        try await SecureServer.with { server in
            let strict = Endpoint(host: "127.0.0.1", port: server.port, trust: .file(server.certificate))
            let failure = try #require(try await preflight(strict))
            #expect(failure.kind == .tls)
            #expect(failure.detail == "the server's certificate is not trusted: IP address mismatch")
            #expect(try await preflight(Endpoint(host: "127.0.0.1", port: server.port, trust: .any)) == nil)
        }
    }

    @Test func aPlainServerIsATLSFailureAndNoCrash() async throws {
        try await SecureServer.with { server in
            let target = Endpoint(host: "localhost", port: server.plainPort, trust: .any)
            let totals = try await totals(load(), target)
            totals.expectConsistent()
            #expect(totals.failures == [.tls: totals.started])
            #expect(totals.examples.first?.detail == "no secure connection: wrong version number")
        }
    }

    @Test func aFileWithoutCertificatesIsRefused() {
        let target = Endpoint(host: "localhost", port: 1, trust: .file("/nowhere.pem"))
        #expect(throws: Problem.self) { try LoadGenerator(endpoint: target, load: load()) }
    }
}
