/// Passwords of databases that live as long as a measurement.
enum Password {
    static func random() -> String {
        String((0..<24).map { _ in "abcdefghijkmnpqrstuvwxyz23456789".randomElement() ?? "x" })
    }
}
