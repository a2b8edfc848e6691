/// Pauses of a recording.
enum ThinkTimes {
    /// Shorter ones are the browser's own.
    private static let shortest = 0.3
    private static let longest = 300.0

    /// Between the answers so far and each next request; 0 where the browser went on by itself. None of the last request.
    static func pauses(of requests: [SourceRequest]) -> [Double] {
        var pauses: [Double] = []
        var ended = 0.0
        for (request, next) in zip(requests, requests.dropFirst()) {
            ended = max(ended, request.recorded?.ended ?? 0)
            let pause = (next.recorded?.began ?? 0) - ended
            pauses.append(pause >= shortest ? min(pause, longest) : 0)
        }
        return pauses + [0]
    }

    /// After the last step: as long as a person usually took.
    static func usual(_ pauses: [Double]) -> Double {
        let sorted = pauses.filter { $0 > 0 }.sorted()
        return sorted.isEmpty ? 2 : sorted[sorted.count / 2]
    }

    static func written(_ pause: Double) -> String? {
        guard pause > 0 else { return nil }
        let tenths = Int((pause * 10).rounded())
        return tenths % 10 == 0 ? "\(tenths / 10)s" : "\(tenths / 10).\(tenths % 10)s"
    }
}
