/// A GraphQL engine for queries, after the specification of October 2021: <https://spec.graphql.org/October2021/>.
///
/// A text becomes a `Document`, is validated against a `Schema`, and is executed. All that a client sends is bounded, so
/// that no query costs more than `Limits` say.
///
/// It is written by hand because no GraphQL package for Swift could be fetched where the store was built, and because the
/// bounds apply while a query is read and validated, before anything is executed. Nothing was measured to justify it: where
/// a package is at hand that bounds queries in this way, it is the better choice.
package enum GraphQL {
    /// What one request may cost.
    package enum Limits {
        /// Tokens of the text. The longest introspection query of the usual clients has about 500.
        package static let tokens = 2_000
        /// Levels of nested selections, also counted through fragments.
        package static let depth = 20
        /// Fields that are looked at or resolved, counted anew at each use of a fragment.
        package static let fields = 20_000
        /// Errors in one answer.
        package static let errors = 50
        /// Fields that read the store.
        package static let lookups = 100
    }
}

extension GraphQL {
    /// An error in the form that section 7.1.2 of the specification gives.
    package struct Failure: Error, Sendable, Equatable {
        package enum PathElement: Sendable, Equatable {
            case name(String)
            case index(Int)
        }

        package var message: String
        /// Bytes from the beginning of the text to what the error is about.
        package var offsets: [Int] = []
        /// Where in the answer the value is missing; nil for an error of the request.
        package var path: [PathElement]?
        /// A word for programs, given as `extensions.code`.
        package var code: String?
    }
}
