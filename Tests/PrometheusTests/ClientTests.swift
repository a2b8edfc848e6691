import Foundation
import Model
import Prometheus
import TestSupport
import Testing

/// The client against a server that gives canned answers.
@Suite(.timed) struct ClientTests {
    private func answer(
        _ reply: CannedServer.Reply, within limit: Duration = .seconds(60)
    ) async throws -> PrometheusAnswer {
        let server = try CannedServer(reply)
        defer { server.stop() }
        let client = PrometheusClient(base: server.url, timeLimit: limit)
        let answer = await client.instant(name: "n", query: "up", at: 1000)
        #expect(answer.name == "n" && answer.query == "up" && answer.kind == .instant(at: 1000))
        return answer
    }

    private func success(_ type: String, _ result: String) -> CannedServer.Reply {
        .answer(status: 200, body: #"{"status":"success","data":{"resultType":"\#(type)","result":\#(result)}}"#)
    }

    @Test func aVectorIsOnePointForEachSeries() async throws {
        let answer = try await answer(
            success(
                "vector", #"[{"metric":{"instance":"a"},"value":[1000.5,"1.5"]},{"metric":{},"value":[1000,"NaN"]}]"#))
        #expect(answer.error == nil)
        #expect(
            answer.series == [
                PrometheusSeries(labels: ["instance": "a"], points: [PrometheusPoint(time: 1000.5, value: 1.5)]),
                PrometheusSeries(labels: [:], points: [PrometheusPoint(time: 1000, value: nil)]),
            ])
    }

    @Test func aScalarIsOneSeriesWithoutLabels() async throws {
        let answer = try await answer(success("scalar", #"[1000,"+Inf"]"#))
        #expect(answer.error == nil)
        #expect(answer.series == [PrometheusSeries(labels: [:], points: [PrometheusPoint(time: 1000, value: nil)])])
    }

    @Test func aHistogramHasNoPoints() async throws {
        let answer = try await answer(success("vector", #"[{"metric":{"a":"b"},"histogram":[1000,{}]}]"#))
        #expect(answer.series == [PrometheusSeries(labels: ["a": "b"], points: [])])
    }

    @Test func anEmptyAnswerIsNoError() async throws {
        let answer = try await answer(success("vector", "[]"))
        #expect(answer.error == nil)
        #expect(answer.series.isEmpty)
    }

    @Test func textIsNoNumber() async throws {
        let answer = try await answer(success("string", #"[1000,"abc"]"#))
        #expect(answer.error == "the expression gives a string, not numbers")
    }

    @Test func whatPrometheusSaysIsShownOnOneLine() async throws {
        let body = #"{"status":"error","errorType":"bad_data","error":"1:3: parse error:\nunexpected end"}"#
        let answer = try await answer(.answer(status: 400, body: body))
        #expect(answer.error == "bad_data: 1:3: parse error: unexpected end")
        #expect(answer.series.isEmpty)
    }

    @Test(arguments: [
        (200, "hello", "the answer is not one of Prometheus: hello"),
        (200, "{}", "the answer is not one of Prometheus: {}"),
        (
            200, #"{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"x"]}]}}"#,
            #"the answer is not one of Prometheus: {"status":"success","data":{"resultType":"vector","result":["#
        ),
        (502, "<html>", "the answer has status 502 and is not one of Prometheus"),
    ])
    func anotherServersAnswerIsAnError(status: Int, body: String, error: String) async throws {
        #expect(try await answer(.answer(status: status, body: body)).error == error)
    }

    @Test func aServerThatIsGoneIsAnError() async throws {
        let port = try freePort()
        let client = PrometheusClient(base: try #require(URL(string: "http://127.0.0.1:\(port)")))
        let answer = await client.instant(name: "n", query: "up")
        #expect(answer.error == "nothing listens on 127.0.0.1:\(port), where Prometheus should")
        #expect(await !client.isReady())
        await #expect(throws: Problem.self) { try await client.targets() }
    }

    @Test func aServerThatHangsIsAnErrorWithinTheLimit() async throws {
        let error = try #require(try await answer(.silence, within: .milliseconds(300)).error)
        #expect(error.hasSuffix("gave no answer within 0.3 seconds"))
    }

    /// An answer that comes when it is given up, or a little before or after: URLSession used to wait for ever, one time in some
    /// hundreds.
    @Test(.timeLimit(.minutes(5))) func anAnswerThatComesWithTheLimitLeavesNothingHanging() async throws {
        let server = try CannedServer(success("vector", "[]"))
        defer { server.stop() }
        var times: [Duration] = []
        for _ in 0..<20 {
            let began = ContinuousClock.now
            _ = await PrometheusClient(base: server.url).instant(name: "n", query: "up")
            times.append(ContinuousClock.now - began)
        }
        let usual = times.sorted()[times.count / 2]
        for round in 0..<(Tier.isFull ? 300 : 40) {
            let client = PrometheusClient(base: server.url, timeLimit: usual * (0.25 + 0.05 * Double(round % 40)))
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<8 { group.addTask { _ = await client.instant(name: "n", query: "up") } }
            }
        }
        #expect(await PrometheusClient(base: server.url).instant(name: "n", query: "up").error == nil)
    }

    @Test(arguments: ["", "garbage\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort"])
    func aBrokenAnswerIsAnError(bytes: String) async throws {
        let error = try await answer(.bytes(bytes)).error
        #expect(error?.isEmpty == false)
        #expect(error?.contains("\n") == false)
    }

    @Test func anExpressionIsSentAsItIs() async throws {
        let server = try CannedServer(success("matrix", "[]"))
        defer { server.stop() }
        let client = PrometheusClient(base: server.url)
        _ = await client.range(name: "n", query: #"a{b="c+d & é"} / 2"#, from: 10, to: 20.25, step: 0.5)
        let request = try #require(server.requests.first)
        #expect(request.hasPrefix("POST /api/v1/query_range HTTP/1.1\r\n"))
        #expect(
            request.hasSuffix(
                "\r\n\r\nend=20.000&query=a%7Bb%3D%22c%2Bd%20%26%20%C3%A9%22%7D%20%2F%202&start=10.000&step=0.500"))
    }

    @Test func aLongRangeIsAskedInPartsThatJoin() async throws {
        let server = try CannedServer(
            success("matrix", #"[{"metric":{"a":"b"},"values":[[1,"2"],[2,"-Inf"]]}]"#))
        defer { server.stop() }
        let client = PrometheusClient(base: server.url)
        let answer = await client.range(name: "n", query: "up", from: 0, to: 22_000, step: 1)
        let bounds = server.requests.map { $0.components(separatedBy: "\r\n\r\n").last ?? "" }
        #expect(
            bounds == [
                "end=10999.000&query=up&start=0.000&step=1.000", "end=21999.000&query=up&start=11000.000&step=1.000",
                "end=22000.000&query=up&start=22000.000&step=1.000",
            ])
        #expect(answer.series.map(\.labels) == [["a": "b"]])
        #expect(answer.series.first?.points.count == 6)
        #expect(answer.kind == .range(from: 0, to: 22_000, step: 1))
    }

    @Test(arguments: [
        (10.0, 5.0, 1.0, "the range ends before it begins"), (0, 5, 0, "the step is shorter than a millisecond"),
        (0, 1e12, 1, "the range has more than a million points"), (0, .nan, 1, "the range ends before it begins"),
    ])
    func aRangeWithoutSenseIsAnError(from: Double, to: Double, step: Double, error: String) async throws {
        let client = PrometheusClient(base: URL(filePath: "/"))
        #expect(await client.range(name: "n", query: "up", from: from, to: to, step: step).error == error)
    }

    @Test func targetsHaveTheirHealthAndInterval() async throws {
        let server = try CannedServer(
            .answer(
                status: 200,
                body: #"""
                    {"status":"success","data":{"droppedTargets":[],"activeTargets":[
                    {"labels":{"instance":"a:1","job":"store"},"health":"up","lastError":"","scrapeUrl":"http://a:1/metrics",
                    "scrapeInterval":"1m30s"},
                    {"labels":{"instance":"b:1","job":"store"},"health":"down","lastError":"refused"},
                    {"labels":{"instance":"c:1","job":"other"},"health":"up"}]}}
                    """#))
        defer { server.stop() }
        let client = PrometheusClient(base: server.url)
        let targets = try await client.targets()
        #expect(targets.map(\.instance) == ["a:1", "b:1", "c:1"])
        #expect(targets.map(\.job) == ["store", "store", "other"])
        #expect(targets.map(\.health) == [.up, .down, .up])
        #expect(targets.map(\.lastError) == ["", "refused", ""])
        #expect(targets.map(\.interval) == [90, nil, nil])
    }

    @Test func durationsAreReadAndWrittenAsPrometheusDoes() {
        #expect(PrometheusDuration.seconds("5s") == 5)
        #expect(PrometheusDuration.seconds("1m30s") == 90)
        #expect(PrometheusDuration.seconds("500ms") == 0.5)
        for wrong in ["", "5", "s", "5 s", "5x"] { #expect(PrometheusDuration.seconds(wrong) == nil, "\(wrong)") }
        #expect(PrometheusDuration.text(20) == "20s")
        #expect(PrometheusDuration.text(0.8) == "800ms")
    }
}
