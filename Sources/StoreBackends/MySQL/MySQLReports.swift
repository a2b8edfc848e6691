import StoreServer

/// The reports as a student would write them: aggregated at each call.
extension MySQLConnection {
    func highestSpenders() throws -> [Spender] {
        try query(
            "SELECT user_id, SUM(total_amount) AS total_expense FROM orders "
                + "GROUP BY user_id ORDER BY total_expense DESC, user_id LIMIT \(reportLength)"
        ).rows.map { Spender(userID: try $0.int(0), totalExpense: try $0.money(1)) }
    }

    func bestSellers() throws -> [BestSeller] {
        try query(
            "SELECT product_id, SUM(quantity) AS quantity_sold FROM order_items "
                + "GROUP BY product_id ORDER BY quantity_sold DESC, product_id LIMIT \(reportLength)"
        ).rows.map { BestSeller(productID: try $0.int(0), quantitySold: try $0.int(1)) }
    }
}
