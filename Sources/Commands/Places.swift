import Foundation
import Model
import Reporting
import Stacks
import Web

/// Paths of the checkout's folders and of the programs that were built.
package struct Places: Sendable {
    /// The checkout; `STORELAB_HOME`, as the bootstrap sets it, or the folder above this program that has templates.
    let home: String

    /// - Parameter home: a checkout.
    package init(home: String) { self.home = home }

    init() throws {
        if let named = ProcessInfo.processInfo.environment["STORELAB_HOME"], !named.isEmpty {
            home = named
            return
        }
        var folder = Self.programFolder
        while folder != "/" {
            if FileManager.default.fileExists(atPath: folder + "/templates/stack") {
                home = folder
                return
            }
            folder = (folder as NSString).deletingLastPathComponent
        }
        throw Problem(
            .usage, "the folder with templates/ was not found above \(Self.programFolder)",
            nextStep: "Start ./storelab in a checkout, or set STORELAB_HOME to the folder of one.")
    }

    private static var programFolder: String {
        let program = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        return ((program ?? CommandLine.arguments[0]) as NSString).deletingLastPathComponent
    }

    var experiments: String { home + "/experiments" }
    var output: String { home + "/output" }
    var store: String { Self.programFolder + "/store" }
    var stackTemplates: StackTemplates { StackTemplates(folder: home + "/templates/stack") }
    var experimentTemplate: String { home + "/templates/experiment.yaml" }

    /// - Throws: `Problem` when a template is missing or broken.
    func reportTemplates() throws -> ReportTemplates {
        try ReportTemplates(files: texts(in: home + "/templates/report"))
    }

    /// - Throws: `Problem` when a template is missing or broken.
    func webTemplates() throws -> WebTemplates {
        try WebTemplates(
            files: texts(in: home + "/templates/web"), report: reportTemplates(),
            schema: texts(in: home + "/templates")["experiment.schema.json"] ?? "{}")
    }

    /// Contents of the files of a folder, by name.
    private func texts(in folder: String) -> [String: String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        let files = names.compactMap { name in
            FileManager.default.contents(atPath: folder + "/" + name).map {
                (name, String(decoding: $0, as: UTF8.self))
            }
        }
        return Dictionary(files) { first, _ in first }
    }

    /// The experiment files that the user named, or the folder of them all.
    func experimentPaths(_ named: [String]) -> [String] { named.isEmpty ? [experiments] : named }

    /// Experiments that run only when they are named.
    var optionalExperiments: [String] {
        let folder = experiments + "/optional"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { $0.hasSuffix(".yaml") }.sorted().map { "\(folder)/\($0)" }
    }

    /// A path to show: relative to the current folder where it lies below it.
    static func shown(_ path: String) -> String {
        let current = FileManager.default.currentDirectoryPath + "/"
        return path.hasPrefix(current) ? String(path.dropFirst(current.count)) : path
    }
}
