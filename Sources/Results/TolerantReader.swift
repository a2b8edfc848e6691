import Foundation
import Model

/// Reads a JSON file although parts are missing or damaged: what is missing is taken from a template, what cannot be read
/// in a list is left out, and each is named.
enum TolerantReader {
    private static let mostFaults = 1000

    /// A list whose elements say nothing in part: one that cannot be read whole is left out, but for some of its keys.
    struct WholeElements {
        var list: String
        /// What stands in for keys that are no part of the meaning.
        var fillers: [String: Any]
    }

    struct Found<Value> {
        var value: Value
        /// The places that were missing or not readable, for example `steps[3].users`.
        var faults: [String] = []
        /// Of the list of whole elements, those that were left out, by their name or their place.
        var leftOut: [String] = []
        /// Its end is missing.
        var isCutOff = false
    }

    /// - Parameters:
    ///   - template: a value with nothing in it.
    ///   - whole: where there is such a list, what stands before the end of a file that was cut off is read.
    /// - Throws: `Problem` where it is no JSON, or lacks the list of whole elements.
    static func read<Value: Codable>(
        _ file: String, template: Value, whole: WholeElements? = nil
    ) throws -> Found<Value> {
        do {
            let data = try RecordFiles.content(of: file).content
            guard !data.isEmpty else { throw Problem(.usage, "cannot read \(file): it is empty") }
            guard whole != nil, let cut = CutJSON(data) else { return try found(data, of: file, template, whole) }
            var found = try found(cut.closed, of: file, template, whole)
            found.isCutOff = true
            found.faults.insert("from line \(cut.line) on", at: 0)
            return found
        } catch let problem as Problem {
            throw problem
        } catch {
            throw RecordFiles.cannot("read", file, error)
        }
    }

    private static func found<Value: Codable>(
        _ data: Data, of file: String, _ template: Value, _ whole: WholeElements?
    ) throws -> Found<Value> {
        do {
            return Found(value: try JSONDecoder().decode(Value.self, from: data))
        } catch let error as DecodingError {
            return try repaired(data, of: file, error, template, whole)
        }
    }

    private static func repaired<Value: Codable>(
        _ data: Data, of file: String, _ first: DecodingError, _ template: Value, _ whole: WholeElements?
    ) throws -> Found<Value> {
        guard var json = try? JSONSerialization.jsonObject(with: data),
            let filler = try? JSONSerialization.jsonObject(with: RecordFiles.encode(template, pretty: false))
        else { throw RecordFiles.cannot("read", file, first) }
        var (faults, leftOut): ([String], [String]) = ([], [])
        var error = first
        while faults.count < mostFaults {
            let path = Self.path(of: error)
            guard let root = path.first else { break }
            if let whole, whole.list == root.stringValue {
                guard path.count > 1, let index = path[1].intValue else { break }
                // Elements are read in their order, so all that were left out stood before this one.
                let below = written(Array(path.dropFirst(2)))
                faults.append("\(whole.list)[\(index + leftOut.count)]" + (below.isEmpty ? "" : "." + below))
                if let mended = mended(json, path, index, whole) {
                    json = mended
                } else {
                    let (rest, name) = without(index, of: whole.list, in: json)
                    leftOut.append(name ?? "\(whole.list)[\(index + leftOut.count)]")
                    json = rest
                }
            } else {
                faults.append(Self.written(path))
                json = mended(json, path[...], filler)
            }
            do {
                let data = try JSONSerialization.data(withJSONObject: json)
                return Found(
                    value: try JSONDecoder().decode(Value.self, from: data), faults: faults, leftOut: leftOut)
            } catch let next as DecodingError {
                if whole == nil, written(Self.path(of: next)) == faults.last { break }
                error = next
            }
        }
        throw RecordFiles.cannot("read", file, error)
    }

    /// The value with a stand-in for what an element lacks; nil where nothing may stand in for it.
    private static func mended(_ json: Any, _ path: [any CodingKey], _ index: Int, _ whole: WholeElements) -> Any? {
        guard var object = json as? [String: Any], var list = object[whole.list] as? [Any],
            list.indices.contains(index),
            let key = path.dropFirst(2).first?.stringValue, whole.fillers[key] != nil
        else { return nil }
        list[index] = mended(list[index], path.dropFirst(2), whole.fillers)
        object[whole.list] = list
        return object
    }

    private static func without(_ index: Int, of name: String, in json: Any) -> (json: Any, name: String?) {
        guard var object = json as? [String: Any], var list = object[name] as? [Any], list.indices.contains(index)
        else {
            return (json, nil)
        }
        let element = list.remove(at: index) as? [String: Any]
        object[name] = list
        return (object, element?["name"] as? String)
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
