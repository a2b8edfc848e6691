import Foundation
import Model
import Stacks
import TestSupport
import Testing

/// What Docker is told for each fault, without any engine.
@Suite(.timed) struct ContainerFaultTests {
    private func faults(host: String = "{}") throws -> ContainerFaults {
        let text = """
            {"Id":"c1","Name":"/c","Image":"i","RestartCount":0,"Config":{"Image":"i"},"HostConfig":\(host),
             "State":{"Status":"running","Pid":0,"ExitCode":0,"OOMKilled":false},"NetworkSettings":{}}
            """
        return ContainerFaults(try JSONDecoder().decode(Container.self, from: Data(text.utf8)))
    }

    @Test func eachFaultIsOneCall() throws {
        let faults = try faults()
        #expect(faults.making(.kill) == ["kill", "c1"] && faults.takingBack(.kill) == nil)
        #expect(faults.making(.start) == ["start", "c1"] && faults.takingBack(.start) == nil)
        #expect(faults.making(.pause) == ["pause", "c1"] && faults.takingBack(.pause) == ["unpause", "c1"])
        for other in [FaultAction.cut, .slow(from: 0, to: 1), .bandwidth(bytesPerSecond: 1), .hold(connections: 1)] {
            #expect(faults.making(other) == nil && faults.takingBack(other) == nil)
        }
    }

    @Test func aQuotaIsGivenAndTakenBackInTheContainersOwnTerms() throws {
        let throttle = FaultAction.throttle(cores: 0.25)
        let free = try faults()
        #expect(free.making(throttle) == ["update", "--cpu-period", "20000", "--cpu-quota", "5000", "c1"])
        #expect(free.takingBack(throttle) == ["update", "--cpu-period", "100000", "--cpu-quota", "-1", "c1"])
        let limited = try faults(host: #"{"CpuQuota":10000,"CpuPeriod":20000,"NanoCpus":0}"#)
        #expect(limited.takingBack(throttle) == ["update", "--cpu-period", "20000", "--cpu-quota", "10000", "c1"])
        // Docker does not take a quota where it was given cores.
        let cores = try faults(host: #"{"CpuQuota":0,"CpuPeriod":0,"NanoCpus":1500000000}"#)
        #expect(cores.making(throttle) == ["update", "--cpus", "0.25", "c1"])
        #expect(cores.takingBack(throttle) == ["update", "--cpus", "1.5", "c1"])
    }

    @Test func connectionsOfMySQLAreHeldByWhoLogsIn() throws {
        let databases = RecognisedDatabases(mysql: .init(service: "db", user: "shop", password: "secret"))
        let command = try #require(databases.hold("/bin/store", connections: 18, mysql: "172.18.0.2"))
        #expect(
            command.arguments == [
                "hold", "--connections", "18", "--mysql-host", "172.18.0.2", "--mysql-port", "3306", "--mysql-user",
                "shop",
            ])
        #expect(command.environment == ["DB_PASSWORD": "secret"], "every user of a machine sees the arguments")
        #expect(RecognisedDatabases().hold("/bin/store", connections: 18, mysql: "172.18.0.2") == nil)
    }
}
