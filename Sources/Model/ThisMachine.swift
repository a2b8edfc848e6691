/// Where a load may go without anybody's confirmation.
package enum ThisMachine {
    /// `localhost`, `::1` or an address of 127.0.0.0/8; a name that only begins like one is another host's.
    package static func isNamed(by host: String) -> Bool {
        if host == "localhost" || host == "::1" { return true }
        let numbers = host.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        return numbers.count == 4 && numbers.allSatisfy { $0 != nil } && numbers[0] == 127
    }
}
