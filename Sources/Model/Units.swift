/// A length of time in seconds. Recorded values are plain numbers, so that a record reads well in any tool.
package typealias Seconds = Double

/// A point in time in seconds since 1970-01-01T00:00:00Z.
package typealias UnixTime = Double

/// A share of a whole, from 0 to 1.
package typealias Share = Double
