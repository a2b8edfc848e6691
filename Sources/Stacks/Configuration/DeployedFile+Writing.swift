import Foundation
import Model

extension DeployedFile {
    func write(into folder: String) throws {
        do {
            try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
        } catch {
            throw Problem(.machine, "cannot write \(folder)/\(name): \(error.localizedDescription)")
        }
    }
}
