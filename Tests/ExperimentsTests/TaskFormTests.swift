import Experiments
import Foundation
import Model
import TestSupport
import Testing

/// How tasks are written that are more than a path: their order, what they keep, and what they accept.
@Suite(.timed) struct TaskFormTests {
    private func file(_ text: String) throws -> TaskFile {
        try withFolder { folder in
            let file = folder.appending(path: "tasks.yaml")
            try Data(text.utf8).write(to: file)
            return try TaskFile(file: file.path)
        }
    }

    private func faults(_ text: String) -> [String] {
        do {
            _ = try file(text)
            return []
        } catch let faults as DefinitionFaults {
            return faults.faults.map { "\($0.line):\($0.column): \($0.message)" }
        } catch {
            return ["\(error)"]
        }
    }

    @Test func onceFlowsAndSetupAreRead() throws {
        let file = try file(
            """
            cookies: false
            setup:
              - { name: token, get: /token, take: { token: token } }
            tasks:
              - { name: login, once: true, post: /login, follow: 5, headers: { Authorization: "Bearer ${token}" } }
              - name: buy
                weight: 3
                flow:
                  - { name: cart, get: /cart, take: { cart: id }, think_time: 1s..2s }
                  - { name: pay, post: "/carts/${cart}", group: pay }
              - { name: other, get: /other }
            """)
        #expect(file.cookies == false && file.setup.map(\.name) == ["token"])
        #expect(file.tasks.map(\.name) == ["login", "cart", "pay", "other"])
        #expect(file.tasks.map(\.order) == [.once, .step(0, of: "buy"), .step(1, of: "buy"), nil])
        #expect(file.tasks.map(\.weight) == [1, 3, 3, 1] && file.tasks.map(\.group) == [nil, "buy", "pay", nil])
        #expect(file.tasks[0].follow == 5 && file.tasks[1].thinkTime == ThinkTime(minimum: 1, maximum: 2))
        let load = LoadDefinition(
            tasks: file.tasks, thinkTime: ThinkTime(minimum: 0, maximum: 0), shape: .ramp([]))
        #expect(load.keepsCookies)
        #expect(try JSONDecoder().decode(LoadDefinition.self, from: JSONEncoder().encode(load)) == load)
    }

    @Test(arguments: [
        ("order_id", Take.Source.json(JSONPath(rawValue: "order_id")!)), ("header Location", .header("Location")),
        ("cookie sid", .cookie("sid")), (#"'name="csrf" value="(.*?)"'"#, .pattern(#"name="csrf" value="(.*?)""#)),
        ("{ regex: 'id=\\d+' }", .pattern("id=\\d+")), ("{ json: 'a(b)' }", .json(JSONPath(rawValue: "a(b)")!)),
        (
            "{ css: 'input[name=csrf]', attribute: VALUE }",
            .element(ElementSelector(rawValue: "input[name=csrf]")!, attribute: "value")
        ),
        ("{ css: '#total' }", .element(ElementSelector(rawValue: "#total")!, attribute: nil)),
    ])
    func aValueIsTakenFrom(text: String, source: Take.Source) throws {
        let takes = try file("- { name: a, get: /, take: { v: \(text) } }").tasks[0].takes
        #expect(takes == [Take(name: "v", source: source)])
    }

    @Test(arguments: [
        ("201", 201, []), ("2xx", 200, [200...299]), ("[200, 404]", 200, [200...200, 404...404]),
        ("[3XX, 201]", 300, [300...399, 201...201]),
    ])
    func severalStatusesWillDo(text: String, first: Int, others: [ClosedRange<Int>]) throws {
        let check = try file("- { name: a, get: /, expect: { status: \(text) } }").tasks[0].expect
        #expect(check == Check(status: first, otherStatuses: others))
    }

    @Test func everyMethodAndSeveralLinesOfAHeaderAreRead() throws {
        let tasks = try file(
            """
            - { name: a, options: /a, headers: { X-A: [1, "${uuid}"], X-B: b } }
            - { name: b, request: "PURGE /cache/${uuid}" }
            - { name: c, get: "${place}" }
            - { name: d, post: /d, take: { place: header Location }, expect: { error_keys: allow } }
            """
        ).tasks
        #expect(tasks.map(\.method.rawValue) == ["OPTIONS", "PURGE", "GET", "POST"])
        #expect(tasks[0].headers.map(\.name) == ["X-A", "X-A", "X-B"] && tasks[0].headers[1].pieces == [.uuid])
        #expect(tasks[2].pathPieces == [.variable("place")] && tasks[3].expect.allowsErrorKeys)
    }

    @Test(arguments: [
        ("- { name: a, get: /, once: yes }", "1:28: once: expected true or false, found \"yes\""),
        (
            "- { name: a, get: /, once: true }",
            "1:3: tasks: each is sent once per user; one without \"once\" is missing"
        ),
        (
            "- { name: a, get: /, once: true, weight: 2 }\n- { name: b, get: / }",
            "1:34: weight: a task that each user does once is not drawn; leave it out"
        ),
        ("- { name: a, flow: [] }", "1:20: flow: expected a list of 1 to 100 steps, found an empty list"),
        (
            "- { name: a, flow: [{ name: a, get: / }] }", "1:29: name: the task \"a\" is already on line 1"
        ),
        (
            "- { name: a, get: /, once: true, headers: { X: \"${v}\" } }\n- { name: b, get: /, take: { v: v } }",
            "1:3: a: needs \"v\", but no task that can be sent before it takes that value"
        ),
        ("- { name: a, get: /, follow: 0 }", "1:30: follow: 0 is out of range; write 1 to 20"),
        (
            "- { name: a, get: /, take: { v: { css: 'a b' } } }",
            "1:33: v: \"a b\" is not a selector; write for example input[name=csrf], #token or meta[name=\"csrf\"]"
        ),
        ("- { name: a, get: /, take: { v: { json: a, header: b } } }", "1:33: v: a value comes from one place"),
        ("- { name: a, get: /, take: { v: { regex: '(' } } }", "1:33: v: \"(\" is not a regular expression"),
        ("- { name: a, request: /x }", "1:23: request: expected a method and a path such as PURGE /cache"),
        ("- { name: a, get: /, expect: { status: 6xx } }", "1:40: status: "),
    ])
    func faultsStandAtTheirPlace(text: String, fault: String) {
        let found = faults(text)
        #expect(found.count == 1 && found[0].hasPrefix(fault), "\(found)")
    }
}
