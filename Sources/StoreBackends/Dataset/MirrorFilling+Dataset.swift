extension MirrorFilling {
    mutating func add(_ dataset: Dataset) throws {
        for (product, quantity) in zip(dataset.products, dataset.stocks) { try add(product, stock: quantity) }
        for (index, order) in dataset.orders.enumerated() { try add(PlacedOrder(id: index + 1, order: order)) }
        try add(comparedOrders: dataset.orders.count)
    }
}
