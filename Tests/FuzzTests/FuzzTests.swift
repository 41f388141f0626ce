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
        let corpus = try Self.files(in: "Corpus", of: target)
        try #require(!corpus.isEmpty, "there is no corpus in Tests/FuzzTests/Corpus/\(name)")
        for (file, bytes) in corpus + (try Self.files(in: "Found", of: target)) {
            #expect(broken(by: bytes, target) == nil, "with \(file)")
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
        #expect(Set(try Self.names(in: "Corpus")) == names)
        #expect(Set(try Self.names(in: "Found")).isSubset(of: names))
    }

    private func broken(by bytes: [UInt8], _ target: FuzzTarget) -> String? {
        do {
            try target.run(bytes)
            return nil
        } catch {
            return "\(error)"
        }
    }

    private static func names(in folder: String) throws -> [String] {
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        return try FileManager.default.contentsOfDirectory(atPath: tests.appendingPathComponent(folder).path)
    }

    /// The inputs of a target: `Corpus` has what reaches all of its code, `Found` what once broke it.
    private static func files(
        in folder: String, of target: FuzzTarget
    ) throws -> [(file: String, bytes: [UInt8])] {
        guard try names(in: folder).contains(target.name) else { return [] }
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        return try names(in: "\(folder)/\(target.name)").sorted().map { name in
            let path = "\(folder)/\(target.name)/\(name)"
            return (path, Array(try Data(contentsOf: tests.appendingPathComponent(path))))
        }
    }
}
