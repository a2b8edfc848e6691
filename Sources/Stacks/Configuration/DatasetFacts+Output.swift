import Foundation
import Model

extension DatasetFacts {
    /// What `store load-dataset` said at its end.
    init(told output: String) throws {
        struct Loaded: Decodable { var users: Int, products: Int, orders: Int, seconds: Double }
        guard let line = output.split(separator: "\n").last,
            let loaded = try? JSONDecoder().decode(Loaded.self, from: Data(line.utf8))
        else {
            throw Problem(.measurement, "the data set could not be loaded; the store answered: \(output.suffix(300))")
        }
        self.init(
            users: loaded.users, products: loaded.products, ordersBefore: loaded.orders, loadSeconds: loaded.seconds)
    }
}
