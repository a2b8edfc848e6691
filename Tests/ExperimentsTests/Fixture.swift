import Experiments
import Foundation
import Model
import Testing

/// The folder of the checkout.
let checkout = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

/// A folder of its own for one test, with the lab's bodies in it.
func withFolder<Value>(_ body: (URL) throws -> Value) throws -> Value {
    let folder = FileManager.default.temporaryDirectory.appending(path: "storelab-tests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let bodies = folder.appending(path: "bodies")
    try FileManager.default.createDirectory(at: bodies, withIntermediateDirectories: true)
    try Data(#"{"user_id": ${random(1, users)}}"#.utf8).write(to: bodies.appending(path: "user.json"))
    return try body(folder)
}

/// The faults of one file with these bytes, as `line:column: message`; empty when it is read without one.
func faults(of bytes: some Sequence<UInt8>, name: String = "a.yaml") throws -> [String] {
    try withFolder { folder in
        let file = folder.appending(path: name)
        try Data(bytes).write(to: file)
        do {
            _ = try loadExperiments(paths: [file.path])
            return []
        } catch let faults as DefinitionFaults {
            return faults.faults.map { fault in
                fault.description.replacing("\(file.path):", with: "").replacing("\(folder.path)/", with: "")
            }
        }
    }
}

func faults(of text: String) throws -> [String] {
    try faults(of: text.utf8)
}

/// A definition without a fault, for tests to break in one place.
let valid = """
    name: a
    question: 2
    title: { en: "T", fr: "T" }
    stack:
      backend: mysql
      replicas: 1
      balancer: none
      store: { cpus: 0.5 }
      dataset: { users: 10, products: 20, orders: 30, seed: 4 }
    load:
      tasks:
        - name: order
          weight: 2
          post: /orders
          body: bodies/user.json
          expect: { status: 201, has: order_id }
        - name: best
          get: /best
          expect: { is: list }
      think_time: 1s..3s
      find_limit: { from: 5, to: 50, hold: 10s, precision: 5% }
      timeout: 2s
      seed: 7
    limits:
      - error_rate > 1% for 5s
      - p95 > 500ms for 5s
    observe: { cpu: "rate(x[10s])" }
    """

/// `valid` with one text in it replaced by another.
func altered(_ old: String, _ new: String) throws -> String {
    let range = try #require(valid.range(of: old), "the definition has no \(old)")
    return valid.replacingCharacters(in: range, with: new)
}
