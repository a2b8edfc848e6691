import Dispatch
import Synchronization

/// What a function gives for each of some values, in their order. It runs on as many threads as there are processors, the
/// caller's among them, and returns when all are done.
/// - Throws: what the function threw for the first of the values for which it did.
package func concurrently<Value: Sendable, Output: Sendable>(
    _ values: [Value], _ function: @Sendable (Value) throws -> Output
) rethrows -> [Output] {
    let outputs = Mutex([Result<Output, any Error>?](repeating: nil, count: values.count))
    DispatchQueue.concurrentPerform(iterations: values.count) { index in
        let output = Result { try function(values[index]) }
        outputs.withLock { $0[index] = output }
    }
    return try outputs.withLock(\.self).compactMap { try $0?.get() }
}
