import Model
import Stacks
import TestSupport
import Testing

@Suite(.timed) struct SignalTests {
    private func reading(_ board: SignalBoard, _ component: String, _ kind: SignalKind) -> SignalBoard.Reading? {
        board.now.entries.first { $0.key.component == component && $0.key.kind == kind }?.value.reading
    }

    @Test func whatTheDatabasesSayIsPosted() {
        let board = SignalBoard()
        let lines = DatabaseLines(database: "mariadb", cache: "redis")
        lines.take(
            "mysql Threads_connected=12 Threads_running=3 Innodb_row_lock_time=2500 max_connections=20 answer_us=310",
            to: board)
        lines.take("redis connected_clients=4 maxclients=10000 total_commands_processed=77 answer_us=90", to: board)
        lines.take("something else", to: board)
        lines.take("mysql nonsense Threads_connected= =3 Slow_queries=x", to: board)
        #expect(reading(board, "mariadb", .mysqlConnections) == .value(12))
        #expect(reading(board, "mariadb", .mysqlRunning) == .value(2))
        #expect(reading(board, "mariadb", .mysqlLockTime) == .counter(2.5))
        #expect(reading(board, "mariadb", .mysqlAnswer) == .value(0.00031))
        #expect(reading(board, "mariadb", .mysqlSlow) == nil)
        #expect(reading(board, "redis", .redisCommands) == .counter(77))
        #expect(Set(board.now.limits.values) == [20, 10_000])
    }

    @Test func aDatabaseThatDoesNotAnswerHasOnlyTheTimeOfIt() {
        let board = SignalBoard()
        DatabaseLines(database: "mariadb", cache: nil).take("mysql unanswered_us=2000000", to: board)
        DatabaseLines(database: "mariadb", cache: nil).take("mysql denied", to: board)
        #expect(board.now.entries.count == 1)
        #expect(reading(board, "mariadb", .mysqlAnswer) == .value(2))
    }

    @Test(arguments: [
        ("2026/11/25 13:00:00 [alert] 7#7: 64 worker_connections are not enough", SignalKind.nginxCrowded),
        (
            "2026/11/25 13:00:00 [error] 7#7: *9 upstream timed out (110: Connection timed out) while reading response header from upstream",
            .nginxTimedOut
        ),
        ("2026/11/25 13:00:00 [error] 7#7: *9 no live upstreams while connecting to upstream", .nginxNoUpstream),
        (
            "2026/11/25 13:00:00 [error] 7#7: *9 connect() failed (111: Connection refused) while connecting to upstream",
            .nginxUnreachable
        ),
        ("2026/11/25 13:00:00 [crit] 7#7: something new", .nginxOtherErrors),
    ])
    func linesOfNginxAreCountedByKind(line: String, kind: SignalKind) {
        let (errors, board) = (NginxErrors(component: "nginx"), SignalBoard())
        errors.take(line)
        errors.take("2026/11/25 13:00:00 [warn] 7#7: a buffer")
        errors.post(to: board)
        #expect(reading(board, "nginx", kind) == .counter(1))
        #expect(board.now.entries.values.count { $0.reading == .counter(0) } == 4)
    }

    @Test func theStatusPageIsRead() {
        let page =
            "Active connections: 291 \nserver accepts handled requests\n 16630948 16630940 31070465 \nReading: 6 \n"
        let status = NginxStatus(page: page)
        #expect(status?.active == 291)
        #expect(status.map { $0.accepted - $0.handled } == 8)
        #expect(NginxStatus(page: "<html>404</html>") == nil)
    }

    @Test func connectionsOfAllWorkersAreReadFromTheConfiguration() {
        let text = "# worker_connections 5;\nworker_processes 2;\nevents { worker_connections 64; }"
        #expect(NginxStatus.mostConnections(configuration: text) == 128)
        #expect(NginxStatus.mostConnections(configuration: "events {}") == 512)
        #expect(NginxStatus.mostConnections(configuration: "worker_processes auto; events {}") == nil)
    }

    @Test func throttledPeriodsAreReadFromBothVersionsOfControlGroups() {
        let one = Throttling.parse("nr_periods 100\nnr_throttled 25\nthrottled_time 77\n")
        let two = Throttling.parse("usage_usec 5\nnr_periods 8\nnr_throttled 2\nthrottled_usec 9\n")
        #expect(one?.periods == 100 && one?.stopped == 25)
        #expect(two?.periods == 8 && two?.stopped == 2)
        #expect(Throttling.parse("usage_usec 5\n") == nil)
    }
}
