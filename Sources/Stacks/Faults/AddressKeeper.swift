import Model

/// Sees to it that a container which is started again has its address of before, by which Nginx and the load know it. Docker
/// gives it the lowest of its network that is free, so those below are taken, one at a time, by containers that do nothing.
struct AddressKeeper: Sendable {
    let docker: Docker
    let project: String
    /// One that has `sleep`.
    let image: String

    private static let limit = Duration.seconds(20)

    /// - Returns: the containers that were made, one for each address.
    /// - Throws: `Problem` when one cannot be made.
    func takeAddresses(below address: String, on network: String) async throws -> [String] {
        var made: [String] = []
        let used = Set(try await usedAddresses(on: network))
        for _ in AddressRange.free(below: address, used: used) {
            made += try await docker.list(arguments(on: network))
        }
        return made
    }

    func remove(_ ids: [String]) async {
        guard !ids.isEmpty else { return }
        _ = try? await docker.run(["rm", "--force"] + ids, within: Self.limit)
    }

    /// With the project's label, by which its leftovers are known.
    private func arguments(on network: String) -> [String] {
        [
            "run", "--detach", "--network", network, "--label", "\(Container.projectLabel)=\(project)", "--entrypoint",
            "sleep", image, "86400",
        ]
    }

    private func usedAddresses(on network: String) async throws -> [String] {
        let format = "{{range .IPAM.Config}}{{.Gateway}} {{end}}{{range .Containers}}{{.IPv4Address}} {{end}}"
        return try await docker.list(["network", "inspect", "--format", format, network]).map {
            String($0.prefix { $0 != "/" })
        }
    }
}

/// Addresses of a network, as numbers.
package enum AddressRange {
    /// More would take longer than a load.
    private static let most: UInt32 = 64

    /// Those from the lowest that is used to the one below `address` that nobody has, in their order; none where there are
    /// too many.
    package static func free(below address: String, used: Set<String>) -> [String] {
        let numbers = Set(used.compactMap(number))
        guard let end = number(address), let first = numbers.min(), first < end, end - first <= most else { return [] }
        return (first..<end).filter { !numbers.contains($0) }.map(text)
    }

    private static func number(_ address: String) -> UInt32? {
        let bytes = address.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        guard bytes.count == 4 else { return nil }
        return bytes.reduce(UInt32?(0)) { sum, byte in sum.flatMap { sum in byte.map { sum << 8 | UInt32($0) } } }
    }

    private static func text(_ number: UInt32) -> String {
        [24, 16, 8, 0].map { "\(number >> $0 & 255)" }.joined(separator: ".")
    }
}

/// One at a time, in the order of asking.
actor Turns {
    private var last: Task<Void, Never>?

    func take<Answer: Sendable>(_ body: @escaping @Sendable () async throws -> Answer) async throws -> Answer {
        let before = last
        let turn = Task {
            await before?.value
            return try await body()
        }
        last = Task { _ = try? await turn.value }
        return try await turn.value
    }
}
