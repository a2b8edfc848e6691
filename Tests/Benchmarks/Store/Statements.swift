/// The SQL that the store sends, as text for its peer, and the requests that make the store send it.
enum Statements {
    static func report(_ name: String) -> String {
        name == "best-sellers"
            ? "SELECT product_id, SUM(quantity) AS quantity_sold FROM order_items "
                + "GROUP BY product_id ORDER BY quantity_sold DESC, product_id LIMIT 10"
            : "SELECT user_id, SUM(total_amount) AS total_expense FROM orders "
                + "GROUP BY user_id ORDER BY total_expense DESC, user_id LIMIT 10"
    }

    /// An order of one item, as the store's transaction places it. The draw for the next order hides in a statement that is
    /// sent anyway, so that the peer sends no more than the store.
    static let order = [
        "START TRANSACTION",
        "SELECT id, price FROM products WHERE id IN (@p)",
        "INSERT INTO orders (user_id, total_amount) VALUES (1 + FLOOR(RAND() * 1000), 59.50)",
        "INSERT INTO order_items (order_id, product_id, quantity, unit_price) VALUES (LAST_INSERT_ID(), @p, 2, 29.75)",
        "INSERT INTO stocks (product_id, quantity) VALUES (@p := CAST(1 + FLOOR(RAND() * 10000) AS SIGNED), -2) "
            + "ON DUPLICATE KEY UPDATE quantity = quantity + VALUES(quantity)",
        "COMMIT",
    ]

    static let orderPrelude = "SET @p = CAST(1 + FLOOR(RAND() * 10000) AS SIGNED)"

    /// The same order over HTTP, for wrk: drawn beforehand, since the peer's client draws nothing either.
    static let orderScript = """
        wrk.method = "POST"
        wrk.headers["Content-Type"] = "application/json"
        local requests, last = {}, 0
        function init()
            for index = 1, 20000 do
                requests[index] = wrk.format(nil, nil, nil, string.format(
                    '{"user_id":%d,"items":[{"product_id":%d,"quantity":2}]}',
                    math.random(1, 1000), math.random(1, 10000)))
            end
        end
        function request()
            last = last % #requests + 1
            return requests[last]
        end
        """
}
