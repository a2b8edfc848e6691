/// Why a request becomes no task, with their plurals.
enum Reasons {
    static let otherHost = "to another host"
    static let staticFile = "static file"
    static let manySteps = "beyond the 100 steps of a flow"
    static let manyTasks = "beyond the 100 tasks of an experiment"

    static func counted(_ reason: String, _ count: Int) -> String {
        switch reason {
        case otherHost: "\(count) " + (count == 1 ? "to another host" : "to other hosts")
        case staticFile: "\(count) " + (count == 1 ? "static file" : "static files")
        case manySteps, manyTasks: "\(count) \(reason)"
        default: "\(count) for \(reason)"
        }
    }
}
