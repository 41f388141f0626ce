import FleetCore
import FleetTesting
import Testing

/// dpkg's order of versions, with dpkg itself as the judge.
@Suite(.timeLimit(.minutes(15)))
struct DebianVersionTests {
    @Test(arguments: [
        ("1.0", "=", "0:1.0"), ("1.0", "=", "1.0-0"), ("1.0~rc1", "<", "1.0"),
        ("1.0-1~bpo12+1", "<", "1.0-1"),
        ("1.0-1", "<", "1.0-1+b1"), ("1:0.9", ">", "2.0"), ("0.270", ">", "0.27"), ("1.10", ">", "1.9"),
        ("1.0a", "<", "1.0b"), ("1.0a", "<", "1.0+"), ("1.0.", ">", "1.0"), ("1.001", "=", "1.1"),
        ("1.0-", "invalid", "1.0"), ("a1", "invalid", "1"), ("2147483648:1", "invalid", "1"),
    ])
    func `known pairs`(left: String, relation: String, right: String) throws {
        let order = VersionOrder.debian.compare(try version(left), try version(right))
        let expected: [String: VersionOrder.Comparison] = ["<": .older, "=": .same, ">": .newer]
        #expect(order == expected[relation])
        if relation != "invalid" { #expect(try complaints([(left, right)]).isEmpty) }
    }

    @Test func `ten thousand generated pairs are ordered as dpkg orders them`() throws {
        var generator = SeededGenerator(seed: 20_261_122)
        let pairs = (0..<10_000).map { _ in generatedPair(&generator) }
        // Two loops, for two processors: a call of dpkg takes a millisecond or two.
        #expect(try complaints(pairs) == [])
    }

    @Test func `dpkg and we refuse the same texts`() throws {
        var generator = SeededGenerator(seed: 4)
        var texts: [String] = []
        while texts.count < 1_000 {
            let letters = Array("0123456789:-.+~aZ_^")
            let count = Int.random(in: 1...6, using: &generator)
            let text = String((0..<count).map { _ in letters.randomElement(using: &generator) ?? "0" })
            if PackageVersion(text) != nil { texts.append(text) }
        }
        let script =
            "while read -r v; do dpkg --validate-version -- \"$v\" 2>/dev/null && echo \"$v\"; done; true"
        let valid = try runSuccessfully(
            ["sh", "-c", script], input: Array((texts.joined(separator: "\n") + "\n").utf8))
        #expect(try texts.filter { DebianVersion(try version($0)) != nil } == valid.lines)
    }

    /// Neighbours by text differ in what matters: one digit, one suffix, one epoch.
    @Test func `the versions of this machine's package lists are ordered as dpkg orders them`() throws {
        let script =
            "{ apt-cache dumpavail; cat /var/lib/dpkg/status; } | sed -n 's/^Version: //p' | LC_ALL=C sort -u"
        let versions = try runSuccessfully(["sh", "-c", script]).lines
        #expect(versions.count > 50)
        #expect(try complaints(Array(zip(versions, versions.dropFirst()))) == [])
    }

    private func version(_ text: String) throws -> PackageVersion { try #require(PackageVersion(text)) }

    /// -1, 0 or 1, as we order the two.
    private func sign(_ left: String, _ right: String) throws -> Int {
        let order = try #require(
            VersionOrder.debian.compare(try version(left), try version(right)), "\(left) \(right)")
        switch order {
        case .older: return -1
        case .same: return 0
        case .newer: return 1
        }
    }

    /// The pairs that `dpkg --compare-versions` does not order as we do.
    private func complaints(_ pairs: [(String, String)]) throws -> [String] {
        let lines = try pairs.map { "\($0.0) \(["lt", "eq", "gt"][try sign($0.0, $0.1) + 1]) \($0.1)\n" }
        let script = """
            folder=$(mktemp -d) && split -n l/2 - "$folder/part" || exit 1
            check() {
              while read -r a o b; do dpkg --compare-versions "$a" "$o" "$b" || echo "$a $o $b"; done
            }
            for part in "$folder"/part*; do check < "$part" > "$part.out" & done
            wait; cat "$folder"/part*.out; rm -r "$folder"
            """
        return try runSuccessfully(
            ["sh", "-c", script], input: Array(lines.joined().utf8), deadline: 600
        ).lines
    }

    /// Two versions that have much in common: the second one is the first with a few changes, or another one.
    private func generatedPair(_ generator: inout SeededGenerator) -> (String, String) {
        let first = generatedVersion(&generator)
        guard Bool.random(using: &generator) else { return (first, generatedVersion(&generator)) }
        let letters = Array("0019az+~.")
        for _ in 0..<20 {
            var characters = Array(first)
            let place = Int.random(in: 0..<characters.count, using: &generator)
            let letter = letters.randomElement(using: &generator) ?? "0"
            switch Int.random(in: 0..<3, using: &generator) {
            case 0: characters[place] = letter
            case 1: characters.insert(letter, at: place)
            default: characters.remove(at: place)
            }
            let second = String(characters)
            if let version = PackageVersion(second), DebianVersion(version) != nil { return (first, second) }
        }
        return (first, first)
    }

    private func generatedVersion(_ generator: inout SeededGenerator) -> String {
        func part(_ letters: String, _ count: ClosedRange<Int>) -> String {
            let letters = Array(letters)
            let length = Int.random(in: count, using: &generator)
            return String((0..<length).map { _ in letters.randomElement(using: &generator) ?? "0" })
        }
        var text = part("0123456789", 1...2) + part("0011259.~+abAZ", 0...8)
        if Int.random(in: 0..<3, using: &generator) == 0 { text += "-" + part("0129.~+bZ", 1...5) }
        if Int.random(in: 0..<4, using: &generator) == 0 { text = part("012", 1...3) + ":" + text }
        return text
    }
}
