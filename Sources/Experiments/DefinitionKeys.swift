import Model

/// The keys of each mapping of the format, by the name that it has in `templates/experiment.schema.json`.
package enum DefinitionKeys {
    static let experiment = [
        "name", "question", "title", "stack", "load", "limits", "faults", "slo", "observe", "compare",
    ]
    static let fault = [
        "at", "for", "kill", "start", "pause", "slow", "cut", "throttle", "hold", "bandwidth", "by", "cpus",
        "connections",
        "rate",
    ]
    static let title = ["en", "fr"]
    static let storeStack = [
        "backend", "fallback", "replicas", "balancer", "prices", "store", "mysql", "redis", "nginx", "dataset",
    ]
    static let projectStack = ["compose_file", "service", "port", "ready", "restore"]
    static let restore = ["service", "command"]
    static let runningStack = ["url", "prometheus"] + ways
    /// How connections to an application that runs already are made.
    static let ways = ["trust", "cert", "key", "proxy", "connect_to"]
    static let stack = storeStack + projectStack + runningStack
    static let store = ["cpus", "pool"]
    /// Of MySQL, Redis and Nginx.
    static let part = ["cpus", "connections"]
    static let dataset = ["users", "products", "orders", "seed"]
    static let load = [
        "tasks", "think_time", "find_limit", "ramp", "staircase", "rate", "arrivals", "connections", "http", "streams",
        "timeout", "seed", "setup", "cookies", "from", "on_loss",
    ]
    static let findLimit = ["from", "to", "hold", "precision", "factor"]
    static let staircase = ["start", "step", "hold", "to", "spawn_rate"]
    static let stage = ["users", "spawn_rate", "hold"]
    static let rateStage = ["rate", "ramp", "hold"]
    static let methods = HTTPMethod.usual.map { $0.rawValue.lowercased() }
    /// A step of a flow, or a task of the setup.
    static let step =
        ["name"] + methods + ["request", "headers", "accept_encoding"] + bodies
        + ["expect", "follow", "take", "forget", "think_time", "group"]
    static let task = ["name", "weight", "once"] + step.dropFirst()
    static let flow = ["name", "weight", "flow"]
    /// Of which a request has one.
    static let bodies = ["body", "text", "form", "multipart", "file"]
    /// Of a multipart body that is a file, or a text with a type.
    static let formPart = ["file", "text", "filename", "type"]
    static let take = ["json", "header", "cookie", "regex", "css", "attribute"]
    /// What is asked of an answer's body.
    static let bodyChecks = ["has", "is", "equals", "size"]
    static let check = ["status", "headers", "error_keys"] + bodyChecks

    package static let all: [String: [String]] = [
        "experiment": experiment, "title": title, "stack": stack, "restore": restore, "store": store, "part": part,
        "dataset": dataset,
        "load": load, "find_limit": findLimit, "stage": stage, "staircase": staircase, "rate_stage": rateStage,
        "task": task, "flow": flow, "step": step, "take": take, "form_part": formPart, "expect": check,
        "fault": fault,
    ]
}
