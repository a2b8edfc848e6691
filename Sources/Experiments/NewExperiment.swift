import Model

/// A new experiment's file: the commented template with its name filled in.
/// - Throws: `Problem` of usage when the name could not name an experiment, or the template has no line for it.
package func newExperiment(name: String, template: String) throws -> String {
    guard name.isName() else {
        throw Problem(
            .usage, "\"\(name.shortened)\" is not a name for an experiment",
            nextStep: "Write at most 60 letters, digits and dashes, a letter or digit first.")
    }
    var lines = template.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    guard let index = lines.firstIndex(where: { $0.hasPrefix("name:") }) else {
        throw Problem(.usage, "The template of experiments has no line that begins with \"name:\".")
    }
    let comment = lines[index].firstIndex(of: "#").map { "  " + lines[index][$0...] } ?? ""
    // In quotes, where a reader of YAML could take the bare word for a number or for yes and no.
    let isWord = name.contains { $0.isLetter } && name.count > 5 && name.contains("-")
    lines[index] = "name: \(isWord ? name : "\"\(name)\"")\(comment)"
    return lines.joined(separator: "\n")
}
