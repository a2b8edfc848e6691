package import Model

/// What a generator may use.
package struct LoadOptions: Sendable {
    /// Threads that send; users are shared out among them. There are more where one thread has too few descriptors.
    package var threads: Int
    /// Requests of an open load that may wait for their answers at a time, each on a connection of its own.
    package var sessions: Int
    /// Users that one thread has descriptors for; nil: as many as the limit of open files permits.
    package var room: Int?
    /// What of the load this generator has; sessions are those of the whole.
    package var part: LoadPart

    package init(
        threads: Int = 1, sessions: Int = LoadShape.usualSessions, room: Int? = nil, part: LoadPart = .whole
    ) {
        self.threads = threads
        self.sessions = sessions
        self.room = room
        self.part = part
    }
}
