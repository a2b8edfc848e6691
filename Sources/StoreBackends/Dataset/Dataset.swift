package import StoreServer

/// All rows that the databases begin with.
package struct Dataset: Sendable, Equatable {
    package var users: [User]
    package var products: [Product]
    /// Units in stock, one for each product, after all orders.
    package var stocks: [Int]
    /// The order with id 1 first.
    package var orders: [Order]

    /// The course's own, row by row: 3 users, 4 products, no orders.
    package static let course = Dataset(
        users: [
            User(id: 1, name: "Ada Lovelace", email: "alovelace@example.com"),
            User(id: 2, name: "Adele Goldberg", email: "agoldberg@example.com"),
            User(id: 3, name: "Alan Turing", email: "aturing@example.com"),
        ],
        products: [
            Product(id: 1, name: "Laptop ABC", sku: "LP12567", price: Money(cents: 1999_99)),
            Product(id: 2, name: "Keyboard DEF", sku: "KB67890", price: Money(cents: 59_50)),
            Product(id: 3, name: "Gadget XYZ", sku: "GG12345", price: Money(cents: 5_75)),
            Product(id: 4, name: "27-inch Screen WYZ", sku: "SC27289", price: Money(cents: 299_75)),
        ],
        stocks: [1000, 500, 2, 90], orders: [])

    /// The same arguments always give the same rows: users, products and quantities are uniform.
    /// - Parameters:
    ///   - users: at least 1 where there are orders; so for products.
    ///   - orders: each of 1 to 5 items of 1 to 3 units.
    package static func generated(users: Int, products: Int, orders: Int, seed: UInt64) -> Dataset {
        var random = SplitMix64(seed: seed)
        var dataset = Dataset(users: [], products: [], stocks: [], orders: [])
        dataset.users = (1...max(1, users)).prefix(users).map { id in
            User(id: id, name: "User \(id)", email: "user\(id)@store.example")
        }
        for id in (1...max(1, products)).prefix(products) {
            let price = Money(cents: random.integer(in: 1_00...500_00))
            dataset.products.append(Product(id: id, name: "Product \(id)", sku: "SKU-\(id)", price: price))
            dataset.stocks.append(random.integer(in: 500...1500))
        }
        dataset.orders.reserveCapacity(orders)
        for _ in 0..<orders { dataset.addOrder(&random) }
        return dataset
    }

    private mutating func addOrder(_ random: inout SplitMix64) {
        var order = Order(userID: random.integer(in: 1...users.count), total: .zero, items: [])
        for _ in 0..<random.integer(in: 1...5) {
            let index = random.integer(in: 0...products.count - 1)
            let quantity = random.integer(in: 1...3)
            let price = products[index].price
            order.items.append(OrderItem(productID: products[index].id, quantity: quantity, unitPrice: price))
            order.total += Money(cents: price.cents * quantity)
            stocks[index] -= quantity
        }
        orders.append(order)
    }
}
