/// The cookies of one user (RFC 6265). Requests go to one target only, so that it holds none of another host.
package struct CookieJar: Sendable, Equatable {
    private struct Cookie: Sendable, Equatable {
        var name: [UInt8]
        var value: [UInt8]
        var domain: [UInt8]
        var path: [UInt8]
        var isSecure: Bool
        /// In seconds since 1970; nil of one that lasts as long as the user.
        var expiry: Int?

        func isSame(as other: Cookie) -> Bool { name == other.name && domain == other.domain && path == other.path }
    }

    /// As many as a user agent should keep for a domain (RFC 6265, section 6.1); the oldest goes first.
    private static let most = 50
    private static let longest = 4096

    /// In the order in which they came.
    private var cookies: [Cookie] = []

    package init() {}

    /// Keeps, replaces or removes a cookie.
    /// - Parameters:
    ///   - field: the value of a Set-Cookie field.
    ///   - target: path and query of the request whose answer had it.
    ///   - now: in seconds since 1970.
    package mutating func store(_ field: [UInt8], from origin: Origin, target: [UInt8], now: Int) {
        guard field.count <= Self.longest,
            var cookie = Self.cookie(field, host: Array(origin.host.utf8), target: target, now: now)
        else { return }
        if let expiry = cookie.expiry, expiry <= now {
            cookies.removeAll { $0.isSame(as: cookie) }
        } else if let index = cookies.firstIndex(where: { $0.isSame(as: cookie) }) {
            swap(&cookies[index], &cookie)
        } else {
            if cookies.count == Self.most { cookies.removeFirst() }
            cookies.append(cookie)
        }
    }

    /// The field that a request has, with its end of line; empty where there is no cookie for it.
    package func field(for target: [UInt8], secure: Bool, now: Int) -> [UInt8] {
        let path = target.prefix { $0 != UInt8(ascii: "?") }
        let fitting = cookies.filter { cookie in
            (secure || !cookie.isSecure) && cookie.expiry.map { $0 > now } ?? true && Self.matches(path, cookie.path)
        }
        guard !fitting.isEmpty else { return [] }
        // Longer paths first, then the earlier ones (section 5.4); the sort is stable.
        let sorted = fitting.sorted { $0.path.count > $1.path.count }
        return Array("Cookie: ".utf8)
            + Array(sorted.map { $0.name + [UInt8(ascii: "=")] + $0.value }.joined(separator: Array("; ".utf8)))
            + [0x0D, 0x0A]
    }

    /// Of several by this name the one that came last.
    package func value(of name: String) -> [UInt8]? {
        let name = Array(name.utf8)
        return cookies.last { $0.name == name }?.value
    }

    /// Name and value alone, as a request has them; nil where the field holds no cookie.
    static func pair(_ field: [UInt8]) -> [UInt8]? {
        let pair = trimmed(field.prefix { $0 != UInt8(ascii: ";") })
        return pair.first == UInt8(ascii: "=") || !pair.contains(UInt8(ascii: "=")) ? nil : pair
    }

    /// RFC 6265, section 5.2.
    private static func cookie(_ field: [UInt8], host: [UInt8], target: [UInt8], now: Int) -> Cookie? {
        let parts = field.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false)
        guard let first = parts.first, let equals = first.firstIndex(of: UInt8(ascii: "=")) else { return nil }
        var cookie = Cookie(
            name: trimmed(first[..<equals]), value: trimmed(first[(equals + 1)...]), domain: host,
            path: folder(of: target), isSecure: false)
        guard !cookie.name.isEmpty, !field.contains(where: { $0 < 0x20 && $0 != 0x09 || $0 == 0x7F }) else {
            return nil
        }
        var age: Int?
        for part in parts.dropFirst() {
            let equals = part.firstIndex(of: UInt8(ascii: "=")) ?? part.endIndex
            let value = trimmed(part[min(equals + 1, part.endIndex)...])
            switch String(decoding: trimmed(part[..<equals]), as: UTF8.self).lowercased() {
            case "secure": cookie.isSecure = true
            case "path": cookie.path = value.first == UInt8(ascii: "/") ? value : folder(of: target)
            case "expires": if let time = CookieDate.seconds(value) { cookie.expiry = time }
            case "max-age":
                if let seconds = Int(String(decoding: value, as: UTF8.self)) {
                    age = now.addingReportingOverflow(max(0, seconds)).overflow ? .max : now + max(0, seconds)
                }
            case "domain":
                let domain = value.drop { $0 == UInt8(ascii: ".") }.map(\.lowercased)
                guard domain.isEmpty || isWithin(host, domain) else { return nil }
                if !domain.isEmpty { cookie.domain = domain }
            default: break
            }
        }
        if let age { cookie.expiry = age }
        return cookie
    }

    /// Section 5.1.3; an address has no domains above it.
    private static func isWithin(_ host: [UInt8], _ domain: [UInt8]) -> Bool {
        if host == domain { return true }
        let isAddress = host.contains(UInt8(ascii: ":")) || host.allSatisfy { $0.decimalDigit != nil || $0 == 0x2E }
        return !isAddress && host.count > domain.count && host.suffix(domain.count) == domain[...]
            && host[host.count - domain.count - 1] == UInt8(ascii: ".")
    }

    /// The path that a cookie has where it names none (section 5.1.4).
    private static func folder(of target: [UInt8]) -> [UInt8] {
        let path = target.prefix { $0 != UInt8(ascii: "?") }
        guard path.first == UInt8(ascii: "/"), let slash = path.lastIndex(of: UInt8(ascii: "/")), slash > 0 else {
            return [UInt8(ascii: "/")]
        }
        return Array(path[..<slash])
    }

    private static func matches(_ path: ArraySlice<UInt8>, _ own: [UInt8]) -> Bool {
        guard path.starts(with: own) else { return false }
        return path.count == own.count || own.last == UInt8(ascii: "/") || path[path.startIndex + own.count] == 0x2F
    }

    private static func trimmed(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        let start = bytes.drop { $0 == 0x20 || $0 == 0x09 }
        return Array(start.prefix(start.count - start.reversed().prefix { $0 == 0x20 || $0 == 0x09 }.count))
    }
}

/// Dates of cookies, in every form that was ever usual (RFC 6265, section 5.1.1).
package enum CookieDate {
    private static let months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]

    /// - Returns: seconds since 1970; nil for what is no date.
    package static func seconds(_ text: [UInt8]) -> Int? {
        var time: [Int]?
        var day: Int?
        var month: Int?
        var year: Int?
        for token in String(decoding: text, as: UTF8.self).lowercased().split(whereSeparator: isDelimiter) {
            let parts = token.split(separator: ":", omittingEmptySubsequences: false)
            let digits = token.prefix { $0.isASCII && $0.isNumber }
            if time == nil, parts.count == 3, let clock = clock(parts) {
                time = clock
            } else if day == nil, (1...2).contains(digits.count), let number = Int(digits) {
                day = number
            } else if month == nil, let index = months.firstIndex(of: String(token.prefix(3))) {
                month = index + 1
            } else if year == nil, (2...4).contains(digits.count), let number = Int(digits) {
                year = number < 70 ? number + 2000 : number < 100 ? number + 1900 : number
            }
        }
        guard let time, let day, let month, let year, (1...31).contains(day), year >= 1601, time[0] < 24, time[1] < 60,
            time[2] < 60
        else { return nil }
        return days(year, month, day) * 86_400 + time[0] * 3600 + time[1] * 60 + time[2]
    }

    private static func isDelimiter(_ character: Character) -> Bool {
        !(character.isLetter || character.isNumber || character == ":")
    }

    private static func clock(_ parts: [Substring]) -> [Int]? {
        let numbers = parts.map { part in Int(part.prefix { $0.isASCII && $0.isNumber }) }
        guard numbers.allSatisfy({ $0.map { $0 < 100 } ?? false }) else { return nil }
        return numbers.compactMap(\.self)
    }

    /// Days from 1970 to a date of the Gregorian calendar, whose years begin here in March.
    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let year = month > 2 ? year : year - 1
        let (era, ofEra) = (year / 400, year % 400)
        let ofYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + ofEra * 365 + ofEra / 4 - ofEra / 100 + ofYear - 719_468
    }
}
