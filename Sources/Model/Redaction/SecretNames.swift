/// Which names say that their value is a secret. Texts are looked at where they lie: logs may be long.
enum SecretNames {
    static func isSecret(_ name: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        var place = name.startIndex
        while place < name.endIndex {
            if isFragment(name[place...]) { return true }
            place += 1
        }
        return name.count >= 4 && begins(name.suffix(4), "pass")
    }

    private static func isFragment(_ text: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        switch text[text.startIndex] | 0x20 {
        case UInt8(ascii: "p"):
            begins(text, "pwd") || begins(text, "password") || begins(text, "passwd") || begins(text, "passphrase")
                || begins(text, "private")
        case UInt8(ascii: "s"): begins(text, "secret")
        case UInt8(ascii: "t"): begins(text, "token")
        case UInt8(ascii: "k"): begins(text, "key")
        case UInt8(ascii: "d"): begins(text, "dsn")
        case UInt8(ascii: "c"): begins(text, "credential") || begins(text, "cookie")
        // An author is no secret.
        case UInt8(ascii: "a"): begins(text, "auth") && (!begins(text, "author") || begins(text, "authorization"))
        default: false
        }
    }

    /// Header fields whose value goes to the end of the line.
    static func isHeader(_ name: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        isWhole(name, "authorization") || isWhole(name, "cookie") || isWhole(name, "set-cookie")
            || isWhole(name, "proxy-authorization")
    }

    /// Directives that need no sign between name and value (Redis).
    static func isDirective(_ name: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        isWhole(name, "requirepass") || isWhole(name, "masterauth")
    }

    /// A quick look for a secret's name or an address, so that lines without are passed over fast.
    static func mayHoldSecrets(_ text: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        var place = text.startIndex
        while place < text.endIndex {
            let here = text[place...]
            switch text[place] | 0x20 {
            case UInt8(ascii: "p"), UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "k"), UInt8(ascii: "d"),
                UInt8(ascii: "c"), UInt8(ascii: "a"):
                if isFragment(here) || begins(here, "pass") { return true }
            case UInt8(ascii: ":"): if begins(here, "://") { return true }
            case UInt8(ascii: "b"): if begins(here, "bearer") { return true }
            case UInt8(ascii: "m"): if begins(here, "mysql") || begins(here, "mariadb") { return true }
            default: break
            }
            place += 1
        }
        return false
    }

    /// - Parameter word: in small letters; the text may have any.
    static func begins(_ text: Slice<UnsafeBufferPointer<UInt8>>, _ word: StaticString) -> Bool {
        guard text.count >= word.utf8CodeUnitCount else { return false }
        for offset in 0..<word.utf8CodeUnitCount {
            let byte = text[text.startIndex + offset]
            let small = (65...90).contains(byte) ? byte | 0x20 : byte
            if small != word.utf8Start[offset] { return false }
        }
        return true
    }

    static func isWhole(_ text: Slice<UnsafeBufferPointer<UInt8>>, _ word: StaticString) -> Bool {
        text.count == word.utf8CodeUnitCount && begins(text, word)
    }
}
