import Foundation
package import Testing

/// How much of the tests is asked for; Tests/README.md describes each tier.
package enum Tier: Int, Comparable {
    /// No server, no container: `./storelab test --fast`.
    case fast
    /// All that a change needs: `./storelab test`, and `swift test` by itself.
    case normal
    /// The long ones too: `./storelab test --full`.
    case full

    /// As `./storelab test` said it.
    package static let current: Tier =
        switch ProcessInfo.processInfo.environment["STORELAB_TEST_TIER"] {
        case "fast": .fast
        case "full": .full
        default: .normal
        }

    package static var isFull: Bool { current == .full }

    package static func < (one: Tier, other: Tier) -> Bool { one.rawValue < other.rawValue }
}

extension Trait where Self == ConditionTrait {
    /// A test that starts servers, containers or whole stacks.
    package static var onServers: Self {
        .enabled(if: Tier.current >= .normal, "it starts servers, which --fast leaves out")
    }

    /// A test that takes long.
    package static var long: Self { .enabled(if: Tier.isFull, "it takes long: ./storelab test --full") }
}
