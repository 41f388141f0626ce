import Foundation
import Testing

/// Each parser of foreign bytes, with the corpus that libFuzzer has gathered (`make fuzz`), and with some
/// hundred inputs near it, the same in each run. A crash ends the tests; `make fuzz TARGET=…` then finds the
/// input and keeps it.
struct FuzzTests {
    private static let seed: UInt64 = 5

    @Test(arguments: FuzzTarget.all.map(\.name))
    func theCorpusAndWhatIsNearItBreakNothing(name: String) throws {
        let target = try #require(FuzzTarget.all.first { $0.name == name })
        let corpus = try Self.corpus(of: name)
        try #require(!corpus.isEmpty, "there is no corpus in Tests/FuzzTests/Corpus/\(name)")
        for (file, bytes) in corpus {
            #expect(bytes.count <= target.longest, "\(file) is longer than what is tried")
            #expect(broken(by: bytes, target) == nil, "with the file \(file)")
        }
        var mutator = Mutator(target, corpus: corpus.map(\.bytes), seed: Self.seed)
        for _ in 0..<target.tries {
            let bytes = mutator.next()
            #expect(
                broken(by: bytes, target) == nil,
                "with \(String(decoding: bytes, as: UTF8.self).debugDescription)")
        }
    }

    @Test func everyCorpusIsOfATarget() throws {
        let names = Set(FuzzTarget.all.map(\.name))
        #expect(names.count == FuzzTarget.all.count, "two targets have one name")
        #expect(Set(try FileManager.default.contentsOfDirectory(atPath: Self.folder)) == names)
    }

    private func broken(by bytes: [UInt8], _ target: FuzzTarget) -> String? {
        do {
            try target.run(bytes)
            return nil
        } catch {
            return "\(error)"
        }
    }

    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("Corpus").path

    private static func corpus(of name: String) throws -> [(file: String, bytes: [UInt8])] {
        try FileManager.default.contentsOfDirectory(atPath: "\(folder)/\(name)").sorted().map { file in
            (file, Array(try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)/\(file)"))))
        }
    }
}
