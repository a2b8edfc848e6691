import Glibc
package import Logging
import NIOCore

/// Writes each event as one line to standard error, whatever its text holds.
package struct LineLogHandler: LogHandler {
    package enum Form: String, Sendable, CaseIterable {
        /// `time=… level=info logger=store-1 message="…" key=value`
        case logfmt
        /// An object a line.
        case json
    }

    package var metadata = Logger.Metadata()
    package var logLevel = Logger.Level.info
    package var metadataProvider: Logger.MetadataProvider?
    private let label: String
    private let form: Form
    private let write: @Sendable (String) -> Void

    /// - Parameter write: gets each line, with its end.
    package init(label: String, form: Form, write: @escaping @Sendable (String) -> Void = Self.toStandardError) {
        self.label = label
        self.form = form
        self.write = write
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var fields = [
            ("time", Self.timestamp(ProcessStatistics.now())), ("level", event.level.rawValue), ("logger", label),
            ("message", event.message.description),
        ]
        let all = metadata.merging(metadataProvider?.get() ?? [:]) { $1 }.merging(event.metadata ?? [:]) { $1 }
        fields += all.sorted { $0.key < $1.key }.map { ($0.key, $0.value.description) }
        if let error = event.error { fields.append(("error", "\(error)")) }
        write(form == .json ? Self.json(fields) : Self.logfmt(fields))
    }

    private static func json(_ fields: [(String, String)]) -> String {
        var writer = JSONWriter()
        writer.object { writer in
            for (name, value) in fields {
                writer.name(text: name)
                writer.string(value)
            }
        }
        return String(decoding: writer.buffer.readableBytesView, as: UTF8.self) + "\n"
    }

    private static func logfmt(_ fields: [(String, String)]) -> String {
        fields.map { name, value in
            let isPlain =
                !value.isEmpty
                && value.utf8.allSatisfy { $0 > 0x20 && $0 != 0x22 && $0 != 0x3D && $0 != 0x5C && $0 != 0x7F }
            return "\(name)=\(isPlain ? value : quoted(value))"
        }.joined(separator: " ") + "\n"
    }

    private static func quoted(_ value: String) -> String {
        var writer = JSONWriter()
        writer.string(value)
        return String(decoding: writer.buffer.readableBytesView, as: UTF8.self)
    }

    /// RFC 3339 in UTC, to the millisecond.
    static func timestamp(_ unixNanoseconds: Int) -> String {
        var seconds = time_t(unixNanoseconds / 1_000_000_000)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        let milliseconds = unixNanoseconds / 1_000_000 % 1_000
        func digits(_ number: Int, _ width: Int) -> String {
            let text = "\(number)"
            return String(repeating: "0", count: max(0, width - text.count)) + text
        }
        let date = [(Int(parts.tm_year) + 1900, 4), (Int(parts.tm_mon) + 1, 2), (Int(parts.tm_mday), 2)]
        let time = [(Int(parts.tm_hour), 2), (Int(parts.tm_min), 2), (Int(parts.tm_sec), 2)]
        return date.map(digits).joined(separator: "-") + "T" + time.map(digits).joined(separator: ":")
            + "." + digits(milliseconds, 3) + "Z"
    }

    /// One call of the system a line, so that lines of several threads do not mix.
    package static let toStandardError: @Sendable (String) -> Void = { line in
        var line = line
        line.withUTF8 { bytes in _ = Glibc.write(STDERR_FILENO, bytes.baseAddress, bytes.count) }
    }
}
