import Foundation
import Results
import TestSupport
import Testing

@Suite(.timed) struct GzipTests {
    private static let content = Data((0..<3000).map { "{\"second\":\($0),\"users\":\($0 * 7 % 13)}\n" }.joined().utf8)

    @Test(arguments: [Data(), Data("a".utf8), content]) func contentIsGivenBack(content: Data) throws {
        let packed = try #require(Gzip.compressed(content))
        #expect(Gzip.compressed(content) == packed)
        let read = Gzip.content(of: packed)
        #expect(read.content == content && read.isWhole)
    }

    @Test func theProgramGzipReadsItToo() throws {
        try RunFolderTests.withFolder { folder in
            let packed = try #require(Gzip.compressed(Self.content))
            try packed.write(to: URL(filePath: folder + "/a.gz"))
            let gzip = Process()
            gzip.executableURL = URL(filePath: "/bin/gzip")
            gzip.arguments = ["-d", folder + "/a.gz"]
            try gzip.run()
            gzip.waitUntilExit()
            #expect(FileManager.default.contents(atPath: folder + "/a") == Self.content)
        }
    }

    /// At every place.
    @Test func ofWhatIsCutOffTheBeginningIsGivenAndSaidToBeAPart() throws {
        let packed = try #require(Gzip.compressed(Self.content))
        for length in stride(from: 0, to: packed.count, by: 7) {
            let read = Gzip.content(of: packed.prefix(length))
            #expect(!read.isWhole && Self.content.starts(with: read.content), "\(length)")
        }
    }

    @Test func damageIsNoticed() throws {
        let packed = try #require(Gzip.compressed(Self.content))
        for place in stride(from: 12, to: packed.count, by: 11) {
            var damaged = packed
            damaged[place] ^= 0x10
            #expect(!Gzip.content(of: damaged).isWhole, "\(place)")
        }
    }
}
