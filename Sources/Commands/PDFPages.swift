package import Foundation

/// On which pages of a PDF the places stand that links lead to (ISO 32000-1, 7.7.3 and 12.3.2), as Chromium writes them: the
/// tree of pages and the named destinations are plain text, an entry a line.
package struct PDFPages {
    /// The children of each node of the tree, by the numbers of their objects.
    private var children: [Int: [Int]] = [:]
    private var places: [(name: String, object: Int)] = []

    /// - Returns: pages from 1 by the names of destinations; empty where the file is of another make.
    package static func destinations(in pdf: Data) -> [String: Int] {
        let file = PDFPages(pdf)
        let inner = Set(file.children.values.joined())
        guard let root = file.children.keys.first(where: { !inner.contains($0) }) else { return [:] }
        let leaves = file.leaves(below: root, depth: 0)
        var numbers: [Int: Int] = [:]
        for (index, object) in leaves.enumerated() { numbers[object] = index + 1 }
        return file.places.reduce(into: [:]) { $0[$1.name] = numbers[$1.object] }
    }

    private init(_ pdf: Data) {
        var object: Int?
        var isNode = false
        for bytes in pdf.split(separator: UInt8(ascii: "\n")) {
            // The rest are compressed bytes.
            guard let first = bytes.first, first == 0x2F || first == 0x3C || (0x30...0x39).contains(first) else {
                continue
            }
            let line = String(decoding: bytes, as: UTF8.self)
            if line.hasSuffix(" 0 obj") {
                object = Int(line.dropLast(" 0 obj".count))
                isNode = false
            } else if line.hasPrefix("<</Type /Pages") {
                isNode = true
            } else if isNode, line.hasPrefix("/Kids ["), let object {
                children[object] = line.matches(of: /(\d+) 0 R/).compactMap { Int($0.output.1) }
            } else if let match = line.prefixMatch(of: #/(?:<<)?/(\S+) \[(\d+) 0 R /XYZ/#),
                let page = Int(match.output.2)
            {
                places.append((Self.decoded(match.output.1), page))
            }
        }
    }

    private func leaves(below object: Int, depth: Int) -> [Int] {
        guard depth < 16, let kids = children[object] else { return [object] }
        return kids.flatMap { leaves(below: $0, depth: depth + 1) }
    }

    /// In a name, `#25` is a byte; the browser's own names are parts of addresses, in which `%C3` is one of UTF-8.
    private static func decoded(_ name: Substring) -> String {
        let plain = String(name).replacing(/#([0-9A-Fa-f]{2})/) { match in
            UInt8(match.output.1, radix: 16).map { String(UnicodeScalar($0)) } ?? ""
        }
        return plain.removingPercentEncoding ?? plain
    }
}
