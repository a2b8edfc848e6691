import Foundation
import Model

/// Reads a JSON file although parts are missing or damaged: what is missing is taken from a template, what cannot be read
/// in a list is left out, and each is named.
enum TolerantReader {
    private static let mostFaults = 1000

    /// - Parameters:
    ///   - template: a value with nothing in it.
    ///   - essential: keys of the file without which it says nothing; a fault below them is an error.
    /// - Returns: the value, and the places that were missing or not readable, for example `steps[3].users`.
    static func read<Value: Codable>(
        _ file: String, template: Value, essential: Set<String> = []
    ) throws -> (value: Value, faults: [String]) {
        let data: Data
        do {
            data = try Data(contentsOf: URL(fileURLWithPath: file))
            return (try JSONDecoder().decode(Value.self, from: data), [])
        } catch let error as DecodingError {
            return try repaired(file, error, template, essential)
        } catch {
            throw RecordFiles.cannot("read", file, error)
        }
    }

    private static func repaired<Value: Codable>(
        _ file: String, _ first: DecodingError, _ template: Value, _ essential: Set<String>
    ) throws -> (value: Value, faults: [String]) {
        guard let data = FileManager.default.contents(atPath: file),
            var json = try? JSONSerialization.jsonObject(with: data),
            let filler = try? JSONSerialization.jsonObject(with: RecordFiles.encode(template, pretty: false))
        else { throw RecordFiles.cannot("read", file, first) }
        var faults: [String] = []
        var error = first
        while faults.count < mostFaults {
            let path = Self.path(of: error)
            guard let root = path.first, !essential.contains(root.stringValue) else { break }
            faults.append(Self.written(path))
            json = mended(json, path[...], filler)
            do {
                let data = try JSONSerialization.data(withJSONObject: json)
                return (try JSONDecoder().decode(Value.self, from: data), faults)
            } catch let next as DecodingError {
                if written(Self.path(of: next)) == faults.last { break }
                error = next
            }
        }
        throw RecordFiles.cannot("read", file, error)
    }

    private static func path(of error: DecodingError) -> [any CodingKey] {
        switch error {
        case .keyNotFound(let key, let context): context.codingPath + [key]
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
            context.codingPath
        @unknown default: []
        }
    }

    /// A place as people write it, for example `steps[3].users`.
    static func written(_ path: [any CodingKey]) -> String {
        path.reduce("") { text, key in
            key.intValue.map { "\(text)[\($0)]" } ?? (text.isEmpty ? key.stringValue : "\(text).\(key.stringValue)")
        }
    }

    /// The value with what the path names replaced by the template's, or without the element of a list, or the part, that
    /// cannot be read without it.
    private static func mended(_ json: Any, _ path: ArraySlice<any CodingKey>, _ filler: Any?) -> Any {
        guard let key = path.first else { return filler ?? json }
        let rest = path.dropFirst()
        if var list = json as? [Any], let index = key.intValue, list.indices.contains(index) {
            // The innermost list loses its element.
            if rest.contains(where: { $0.intValue != nil }) {
                list[index] = mended(list[index], rest, nil)
            } else {
                list.remove(at: index)
            }
            return list
        }
        guard var object = json as? [String: Any] else { return filler ?? json }
        let inside = (filler as? [String: Any])?[key.stringValue]
        if let value = object[key.stringValue], !rest.isEmpty,
            inside is [String: Any] || rest.contains(where: { $0.intValue != nil })
        {
            object[key.stringValue] = mended(value, rest, inside)
        } else {
            object[key.stringValue] = inside
        }
        return object
    }
}
