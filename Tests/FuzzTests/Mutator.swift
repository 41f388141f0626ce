import FleetTesting

/// Makes inputs of other inputs, always the same ones of the same seed.
///
/// It is no fuzzer: it does not see which code an input reaches. What it finds in seconds is what breaks near
/// the inputs that the fuzzer has found.
struct Mutator {
    private var numbers: SeededGenerator
    private let corpus: [[UInt8]]
    private let words: [[UInt8]]
    private let longest: Int

    init(_ target: FuzzTarget, corpus: [[UInt8]], seed: UInt64) {
        numbers = SeededGenerator(seed: seed)
        self.corpus = corpus.isEmpty ? [[]] : corpus
        words = target.words.map { Array($0.utf8) }
        longest = target.longest
    }

    mutating func next() -> [UInt8] {
        var bytes = numbers.one(of: corpus)
        for _ in 0...numbers.below(4) { change(&bytes) }
        return Array(bytes.prefix(longest))
    }

    private mutating func change(_ bytes: inout [UInt8]) {
        let place = numbers.below(bytes.count + 1)
        let end = min(bytes.count, place + numbers.below(16))
        switch numbers.below(7) {
        case 0 where place < bytes.count: bytes[place] ^= 1 << UInt8(numbers.below(8))
        case 1 where place < bytes.count: bytes[place] = numbers.one(of: Self.telling)
        case 2: bytes.removeSubrange(place..<end)
        case 3: bytes.insert(contentsOf: bytes[place..<end], at: place)
        case 4 where !words.isEmpty: bytes.insert(contentsOf: numbers.one(of: words), at: place)
        case 5:
            let other = numbers.one(of: corpus)
            bytes.replaceSubrange(place..., with: other.dropFirst(numbers.below(other.count + 1)))
        default: bytes.insert(numbers.one(of: Self.telling), at: place)
        }
    }

    /// Bytes that end, open or overflow something in one format or another.
    private static let telling: [UInt8] =
        [0x00, 0x7F, 0x80, 0xCC, 0xFF] + Array("\t\n\r \"'#%*+,-./0129:;=?@AZ[\\]_az{|}~".utf8)
}
