/// What a source asks for that becomes no task.
package struct LeftOut: Sendable, Equatable {
    /// `GET /app.js (entry 7)`; without a query, which may hold secrets.
    package var request: String
    /// `static file`, to be counted with others of the same.
    package var reason: String

    package init(request: String, reason: String) {
        self.request = request
        self.reason = reason
    }
}

/// What a reader finds in a source.
struct Found {
    var requests: [SourceRequest] = []
    var leftOut: [LeftOut] = []
    /// Requests whose order matters.
    var isRecording = false
    /// `trust: any`.
    var trustsAny = false
    var title: String?
    /// For the head of the file.
    var notes: [String] = []

    mutating func leave(_ request: String, _ reason: String) {
        leftOut.append(LeftOut(request: request, reason: reason))
    }
}
