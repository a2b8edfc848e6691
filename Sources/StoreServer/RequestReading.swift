import Hummingbird
import NIOCore

/// Why a request was refused before the store was asked.
struct RequestError: Error {
    var status: HTTPResponse.Status
    var message: String

    static func badRequest(_ message: String) -> RequestError {
        RequestError(status: .badRequest, message: message)
    }
}

extension Request {
    /// The body as a JSON object.
    func jsonBody() async throws -> JSONObject {
        if let type = headers[.contentType], !Self.isJSON(type) {
            throw RequestError(
                status: .unsupportedMediaType, message: "the body must be JSON: send Content-Type: application/json")
        }
        let tooLarge = RequestError(
            status: .contentTooLarge, message: "the body is larger than \(Bounds.body) bytes")
        if let length = headers[.contentLength].flatMap({ Int($0) }), length > Bounds.body { throw tooLarge }
        let buffer: ByteBuffer
        do {
            buffer = try await body.collect(upTo: Bounds.body)
        } catch is NIOTooManyBytesError {
            throw tooLarge
        } catch let error as RequestError {
            throw error
        } catch {
            throw RequestError.badRequest("the body did not arrive whole")
        }
        do {
            let value = try buffer.withUnsafeReadableBytes {
                try JSONParser.parse($0.assumingMemoryBound(to: UInt8.self))
            }
            guard case .object(let members) = value else {
                throw RequestError.badRequest("the body must be a JSON object, and it is \(value.kind)")
            }
            return JSONObject(members: members)
        } catch let error as JSONSyntaxError {
            throw RequestError.badRequest("the body is not JSON: \(error.reason) at byte \(error.offset)")
        }
    }

    /// `application/json`, with or without parameters.
    private static func isJSON(_ contentType: String) -> Bool {
        let type = contentType.prefix { $0 != ";" }.filter { $0 != " " }.lowercased()
        return type == "application/json" || type.hasSuffix("+json")
    }
}

extension RequestContext {
    /// The `{id}` of the path.
    func id() throws -> Int {
        guard let id = parameters.get("id").flatMap({ Identifier.parse($0) }) else {
            throw RequestError.badRequest(
                "the id in the path must be a whole number from 1 to \(Identifier.range.upperBound), without leading zeros"
            )
        }
        return id
    }
}

/// The members of a JSON object, read with messages that name the member.
struct JSONObject {
    var members: [String: JSONValue]
    /// Where it stands, for messages, for example `items[0].`
    var path = ""

    func integer(_ name: String, in range: ClosedRange<Int>) throws -> Int {
        guard let value = members[name] else { throw missing(name) }
        guard case .number(let text) = value, let number = DecimalText(text)?.integer, range.contains(number) else {
            throw RequestError.badRequest(
                "\(path)\(name) must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// - Parameter length: the most characters that the database keeps.
    func text(_ name: String, upTo length: Int) throws -> String {
        guard let value = members[name] else { throw missing(name) }
        guard case .string(let text) = value else {
            throw RequestError.badRequest("\(path)\(name) must be a string, and it is \(value.kind)")
        }
        guard text.unicodeScalars.count <= length, !text.unicodeScalars.allSatisfy(Bounds.isBlank) else {
            throw RequestError.badRequest("\(path)\(name) must have 1 to \(length) characters that are not all blank")
        }
        return text
    }

    func money(_ name: String, in range: ClosedRange<Money>) throws -> Money {
        guard let value = members[name] else { throw missing(name) }
        guard case .number(let text) = value, let amount = DecimalText(text)?.money, range.contains(amount) else {
            throw RequestError.badRequest(
                "\(path)\(name) must be a number from \(range.lowerBound) to \(range.upperBound) with two decimals at most"
            )
        }
        return amount
    }

    func objects(_ name: String, count: ClosedRange<Int>) throws -> [JSONObject] {
        guard let value = members[name] else { throw missing(name) }
        guard case .array(let elements) = value, count.contains(elements.count) else {
            throw RequestError.badRequest(
                "\(path)\(name) must be a list of \(count.lowerBound) to \(count.upperBound) objects")
        }
        return try elements.enumerated().map { index, element in
            guard case .object(let members) = element else {
                throw RequestError.badRequest("\(path)\(name)[\(index)] must be an object, and it is \(element.kind)")
            }
            return JSONObject(members: members, path: "\(path)\(name)[\(index)].")
        }
    }

    private func missing(_ name: String) -> RequestError { .badRequest("\(path)\(name) is missing") }
}
