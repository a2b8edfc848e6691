import Stacks
import TestSupport
import Testing

/// Which addresses a container that starts again would get before its own.
@Suite(.timed) struct AddressRangeTests {
    @Test(arguments: [
        ("172.18.0.5", ["172.18.0.1", "172.18.0.2", "172.18.0.4"], ["172.18.0.3"]),
        ("172.18.0.5", ["172.18.0.1", "172.18.0.2", "172.18.0.3", "172.18.0.4"], []),
        ("172.18.0.5", ["172.18.0.1", "172.18.0.4", "172.18.0.9"], ["172.18.0.2", "172.18.0.3"]),
        ("10.0.1.1", ["10.0.0.254", "10.0.0.255"], ["10.0.1.0"]),
        // Nothing is known of the network, or there are too many.
        ("172.18.0.5", [], []), ("172.18.0.5", ["fe80::1", ""], []), ("172.18.9.5", ["172.18.0.1"], []),
        ("", ["172.18.0.1"], []),
    ]) func thoseBelowItThatNobodyHas(address: String, used: [String], free: [String]) {
        #expect(AddressRange.free(below: address, used: Set(used)) == free)
    }
}
