import Glibc
import LoadGenerator
import Model

/// Loads one URL and prints what the generator did as one line of JSON, for `compare.py`:
/// `load-benchmark HOST PORT PATH USERS SECONDS [THREADS [THINK_FROM THINK_TO]]`, times in seconds. `500/s` in the place of
/// the users is an open load, and `4x32` are 4 connections of HTTP/2 with 32 streams each. `--tls` anywhere loads over HTTPS,
/// whatever the certificate, and `--new` makes a new connection for each request.
@main struct LoadBenchmark {
    static func main() async throws {
        let words = CommandLine.arguments.dropFirst().filter { !$0.hasPrefix("--") }
        let options = Set(CommandLine.arguments.filter { $0.hasPrefix("--") })
        guard words.count >= 5, let port = Int(words[1]), let seconds = Int(words[4]) else {
            print("usage: load-benchmark HOST PORT PATH USERS SECONDS [THREADS [THINK_FROM THINK_TO]] [--tls] [--new]")
            exit(2)
        }
        let rate = words[3].hasSuffix("/s") ? Double(words[3].dropLast(2)) : nil
        let factors = words[3].split(separator: "x").compactMap { Int($0) }
        let streams = factors.count == 2 ? factors[1] : nil
        let users = factors.isEmpty ? 1 : factors.reduce(1, *)
        let threads = words.count > 5 ? Int(words[5]) ?? 1 : 1
        let think = words.count > 7 ? (Double(words[6]) ?? 0)...(Double(words[7]) ?? 0) : 0...0
        let task = LoadTask(
            name: "read", weight: 1, method: .get, path: words[2],
            expect: Check(status: 200, has: [], jsonKind: .object))
        // Users with think time come within two seconds or more, as 50,000 handshakes at once overflow any queue.
        let spawnRate = think.upperBound > 0 ? min(max(1, Double(users) / 2), 10_000) : Double.infinity
        let stage = LoadStage(users: users, spawnRate: spawnRate, hold: Double(seconds))
        let load = LoadDefinition(
            tasks: [task], thinkTime: ThinkTime(minimum: think.lowerBound, maximum: think.upperBound),
            shape: rate == nil ? .ramp([stage]) : .rate([], arrivals: .constant),
            connections: options.contains("--new") ? .perRequest : .keepAlive, streams: streams)
        let endpoint = Endpoint(host: words[0], port: port, trust: options.contains("--tls") ? .any : nil)
        let generator = try LoadGenerator(endpoint: endpoint, load: load, options: LoadOptions(threads: threads))
        let before = residentBytes()
        var totals = Totals()
        let samples = generator.start()
        if let rate { generator.setRate(rate, over: 0) } else { generator.setUsers(users, ratePerSecond: spawnRate) }
        for await sample in samples {
            totals.add(sample, users: users)
            if sample.second + 1 == seconds {
                totals.resident = residentBytes() - before
                let report = await generator.stop()
                totals.report = report
            }
        }
        print(totals.json(users: users))
    }

    private static func residentBytes() -> Int {
        guard let file = fopen("/proc/self/statm", "r") else { return 0 }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        guard fgets(&line, 256, file) != nil else { return 0 }
        let numbers = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self).split(
            separator: " ")
        return numbers.count > 1 ? (Int(numbers[1]) ?? 0) * Int(getpagesize()) : 0
    }
}

private struct Totals {
    var succeeded = 0
    var failures: [String: Int] = [:]
    var mostUsers = 0
    var latencies: [Distribution] = []
    var lag: [Distribution] = []
    /// In the seconds after all users have come.
    var plateauLag: [Distribution] = []
    var resident = 0
    var report: GeneratorReport?

    mutating func add(_ sample: SecondSample, users: Int) {
        if mostUsers == users, let generator = sample.generator { plateauLag.append(generator.lag) }
        mostUsers = max(mostUsers, sample.users)
        for task in sample.tasks {
            succeeded += task.succeeded.count
            latencies.append(task.succeeded)
            for (kind, count) in task.failures { failures[kind.rawValue, default: 0] += count }
        }
        if let generator = sample.generator { lag.append(generator.lag) }
    }

    func json(users: Int) -> String {
        let latency = Distribution.merged(latencies)
        let behind = Distribution.merged(lag)
        let seconds = report?.seconds ?? 0
        let failed = failures.sorted { $0.key < $1.key }.map { "\"\($0.key)\": \($0.value)" }.joined(separator: ", ")
        let fields = [
            "\"requests\": \(succeeded)", "\"seconds\": \(seconds)", "\"failures\": {\(failed)}",
            "\"users\": \(mostUsers)", "\"p50_ms\": \(milliseconds(latency, 50))",
            "\"p90_ms\": \(milliseconds(latency, 90))", "\"p99_ms\": \(milliseconds(latency, 99))",
            "\"p99.9_ms\": \(milliseconds(latency, 99.9))",
            "\"lag_p99_ms\": \(milliseconds(behind, 99))",
            "\"plateau_lag_p99_ms\": \(milliseconds(.merged(plateauLag), 99))",
            "\"threads\": \(report?.threads ?? 0)",
            "\"thread_cpu\": \(report?.cpuSeconds ?? 0)", "\"peak_thread_cpu\": \(report?.peakThreadCPU ?? 0)",
            "\"bytes_per_user\": \(resident / max(1, users))",
            "\"descriptors_left\": \(report?.fewestDescriptorsLeft ?? -1)",
            "\"ports_left\": \(report?.fewestPortsLeft ?? -1)",
        ]
        return "{\(fields.joined(separator: ", "))}"
    }

    private func milliseconds(_ distribution: Distribution, _ percentile: Double) -> Double {
        (distribution.percentile(percentile) ?? 0) * 1000
    }
}
