import Model
import TestSupport
import Testing

@Suite(.timed) struct AgentAddressTests {
    @Test(arguments: [
        ("local", AgentAddress.local), ("ssh://lab1", .ssh(user: nil, host: "lab1", port: nil)),
        ("ssh://ann@lab1:2222", .ssh(user: "ann", host: "lab1", port: 2222)),
        ("ssh://ann@[fd00::1]:22", .ssh(user: "ann", host: "fd00::1", port: 22)),
        ("ssh://[::1]", .ssh(user: nil, host: "::1", port: nil)),
        ("lab1", .context("lab1")), ("my-lab_2.x+y", .context("my-lab_2.x+y")), ("node://n3", .node("n3")),
        ("node://lab-2.example", .node("lab-2.example")),
    ])
    func anAddressReadsAsItIsWritten(text: String, address: AgentAddress) {
        #expect(AgentAddress(text) == address)
        #expect(address.description == text)
    }

    /// A host that begins with a dash would be an option of ssh, and one with a blank or a quote more than one word.
    @Test(arguments: [
        "", "5", "-H", "lab 1", "lab/1", "--context", "node://", "node://-n", "node://n 3", "ssh://",
        "ssh://-oProxyCommand=x", "ssh://-l@lab1", "ssh://a b", "ssh://lab1:0",
        "ssh://lab1:x",
        "ssh://lab1:70000", "ssh://lab'1", "ssh://@lab1", "ssh://[::1", "ssh://[::1]x", "http://lab1", "ssh://lab1/x",
    ])
    func whatIsNoAddressIsRefused(text: String) { #expect(AgentAddress(text) == nil) }

    @Test func agentsOfOneAddressAreNumbered() {
        let lab = AgentAddress.ssh(user: nil, host: "lab1", port: nil)
        #expect(AgentAddress.names(of: [.local, lab, .local]) == ["local 1", "ssh://lab1", "local 2"])
        #expect(AgentAddress.names(of: [.local]) == ["local"])
    }

    @Test func anotherMachineIsOneThatIsNotNamedAsThisOne() {
        #expect(!AgentAddress.local.isRemote)
        #expect(AgentAddress("ssh://lab1")?.isRemote == true)
        #expect(AgentAddress("ssh://localhost")?.isRemote == false)
        #expect(AgentAddress("lab1")?.isRemote == true && AgentAddress("node://n3")?.isRemote == true)
    }

    /// Each number is one part's, whatever the number of parts.
    @Test(arguments: 1...5)
    func partsShareAllNumbers(count: Int) {
        let parts = (0..<count).map { LoadPart(index: $0, of: count) }
        for all in 0...23 {
            #expect(parts.reduce(0) { $0 + $1.share(of: all) } == all)
            let numbers = parts.flatMap { part in (0..<part.share(of: all)).map(part.number) }
            #expect(numbers.sorted() == Array(0..<all))
        }
    }
}
