import Foundation
import Stacks
import TestSupport
import Testing

/// What a container's description says about waiting for it.
@Suite(.timed) struct ContainerStateTests {
    private func container(state: String, host: String = "{}", check: String = "null") throws -> Container {
        let text = """
            {"Id":"c","Name":"/c","Image":"i","RestartCount":3,"Config":{"Image":"i","Healthcheck":\(check)},
             "HostConfig":\(host),"State":\(state),"NetworkSettings":{}}
            """
        return try JSONDecoder().decode(Container.self, from: Data(text.utf8))
    }

    private static func state(_ name: String, code: Int = 0) -> String {
        #"{"Status":"\#(name)","Pid":0,"ExitCode":\#(code),"OOMKilled":false}"#
    }

    @Test func withoutARestartPolicyWhatHasEndedStaysDown() throws {
        let (ended, running) = (Self.state("exited", code: 1), Self.state("running"))
        #expect(try container(state: ended).staysDown)
        #expect(try container(state: ended, host: #"{"RestartPolicy":{"Name":"no","MaximumRetryCount":0}}"#).staysDown)
        #expect(try !container(state: ended, host: #"{"RestartPolicy":{"Name":"always"}}"#).staysDown)
        #expect(try !container(state: ended, host: #"{"RestartPolicy":{"Name":"on-failure"}}"#).staysDown)
        #expect(try container(state: Self.state("exited"), host: #"{"RestartPolicy":{"Name":"on-failure"}}"#).staysDown)
        let most = #"{"RestartPolicy":{"Name":"on-failure","MaximumRetryCount":3}}"#
        #expect(try container(state: ended, host: most).staysDown)
        #expect(try !container(state: running).staysDown)
    }

    @Test func aHealthCheckIsWaitedForAsLongAsItSays() throws {
        let running = Self.state("running")
        #expect(try container(state: running).patience == nil)
        let slow = #"{"Interval":60000000000,"Timeout":5000000000,"StartPeriod":30000000000,"Retries":4}"#
        #expect(try container(state: running, check: slow).patience == .seconds(30 + 4 * 60 + 5))
        // The engine's own values: every 30 s, three times, 30 s each.
        #expect(try container(state: running, check: "{}").patience == .seconds(3 * 30 + 30))
    }
}
