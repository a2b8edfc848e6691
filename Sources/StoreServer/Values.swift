/// An order as a client asks for it: validated in form, not yet against the database.
package struct NewOrder: Sendable, Equatable {
    package var userID: Int
    /// At least one.
    package var items: [NewItem]

    package init(userID: Int, items: [NewItem]) {
        self.userID = userID
        self.items = items
    }
}

package struct NewItem: Sendable, Equatable {
    package var productID: Int
    /// 1 or more.
    package var quantity: Int

    package init(productID: Int, quantity: Int) {
        self.productID = productID
        self.quantity = quantity
    }
}

package struct Order: Sendable, Equatable {
    package var userID: Int
    package var total: Money
    package var items: [OrderItem]

    package init(userID: Int, total: Money, items: [OrderItem]) {
        self.userID = userID
        self.total = total
        self.items = items
    }
}

package struct OrderItem: Sendable, Equatable {
    package var productID: Int
    package var quantity: Int
    /// The price of one when it was ordered.
    package var unitPrice: Money

    package init(productID: Int, quantity: Int, unitPrice: Money) {
        self.productID = productID
        self.quantity = quantity
        self.unitPrice = unitPrice
    }
}

package struct NewProduct: Sendable, Equatable {
    package var name: String
    package var sku: String
    package var price: Money

    package init(name: String, sku: String, price: Money) {
        self.name = name
        self.sku = sku
        self.price = price
    }
}

package struct Product: Sendable, Equatable {
    package var id: Int
    package var name: String
    package var sku: String
    package var price: Money

    package init(id: Int, name: String, sku: String, price: Money) {
        self.id = id
        self.name = name
        self.sku = sku
        self.price = price
    }
}

package struct NewUser: Sendable, Equatable {
    package var name: String
    package var email: String

    package init(name: String, email: String) {
        self.name = name
        self.email = email
    }
}

package struct User: Sendable, Equatable {
    package var id: Int
    package var name: String
    package var email: String

    package init(id: Int, name: String, email: String) {
        self.id = id
        self.name = name
        self.email = email
    }
}

package enum StockChange: Sendable, Equatable {
    /// The product had a stock already.
    case updated
    case added
}

/// A row of the stock overview.
package struct StockLine: Sendable, Equatable {
    package var name: String
    package var sku: String
    package var price: Money
    /// Below zero when more was ordered than there was.
    package var quantity: Int

    package init(name: String, sku: String, price: Money, quantity: Int) {
        self.name = name
        self.sku = sku
        self.price = price
        self.quantity = quantity
    }
}

/// A product with its stock: what is kept ready for GraphQL.
package struct StockItem: Sendable, Equatable {
    package var productID: Int
    package var name: String
    package var sku: String
    package var price: Money
    /// Below zero when more was ordered than there was.
    package var quantity: Int

    package init(productID: Int, name: String, sku: String, price: Money, quantity: Int) {
        self.productID = productID
        self.name = name
        self.sku = sku
        self.price = price
        self.quantity = quantity
    }
}
