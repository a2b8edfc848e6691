import StoreServer
import TestSupport
import Testing

@Suite(.timed) struct MoneyTests {
    @Test(arguments: [
        ("1999.99", 199_999), ("59.50", 5950), ("5.7", 570), ("12", 1200), ("0.05", 5), ("-3.50", -350),
        ("-0.05", -5), ("1.2300", 123), ("999999999999.99", 99_999_999_999_999),
    ])
    func readsDecimalText(text: String, cents: Int) {
        #expect(Money(text)?.cents == cents)
    }

    @Test(arguments: ["", "-", ".5", "5.", "1e3", "1.234", "1,50", "+1", " 1", "1 ", "9999999999999999", "１"])
    func refusesWhatItCannotHoldExactly(text: String) {
        #expect(Money(text) == nil)
    }

    @Test(arguments: [
        (199_999, "1999.99"), (5950, "59.50"), (5, "0.05"), (0, "0.00"), (-350, "-3.50"), (-5, "-0.05"), (100, "1.00"),
    ])
    func printsTwoDecimals(cents: Int, text: String) {
        #expect(Money(cents: cents).description == text)
    }

    @Test func multipliesWithoutOverflow() {
        #expect(Money(cents: 199_999).times(3) == Money(cents: 599_997))
        #expect(Money(cents: .max).times(2) == nil)
    }
}
