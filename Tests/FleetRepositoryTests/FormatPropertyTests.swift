import FleetCore
import Testing

@testable import FleetRepository

/// Whatever is in a file, decoding it ends, and says where it is wrong.
struct FormatPropertyTests {
    @Test(arguments: 0..<80)
    func aMutatedRepositoryNeverCrashes(seed: UInt64) throws {
        var numbers = SeededNumbers(seed: seed)
        let store = try #require(NodeName("atm-0001"))
        for path in TextTree.sound.files.keys.sorted() {
            var tree = TextTree.sound
            let bytes = mutate(tree.files[path] ?? [], &numbers)
            tree.files[path] = bytes
            let lines = bytes.count { $0 == UInt8(ascii: "\n") } + 2
            let validation = try FleetValidator.validate(tree)
            for problem in validation.problems + validation.warnings {
                #expect(problem.line >= 1 && problem.column >= 1 && !problem.message.isEmpty)
                if problem.file == path { #expect(problem.line <= lines) }
                #expect(!problem.description.unicodeScalars.contains { $0.value < 0x20 })
            }
            _ = try FleetReader(tree).holds(on: store)
            do throws(FleetReadError) {
                _ = try FleetReader(tree).view(of: store)
            } catch .unreadable(let problems) {
                #expect(!problems.isEmpty)
                // A node never finds a fault that validation does not find.
                #expect(!validation.problems.isEmpty)
            } catch {
                #expect(error.description.isEmpty == false)
            }
        }
    }

    /// Some bytes changed, taken out, doubled, or replaced by what YAML gives a meaning.
    private func mutate(_ bytes: [UInt8], _ numbers: inout SeededNumbers) -> [UInt8] {
        let words = [
            "&a ", "*a ", "!!int ", "<<: ", "[", "]", "{", "}", "'", "\"", "\t", "\n", "\r", "---\n", "...\n",
            "? ", "- ", ": ", "|\n",
            ">\n", "%YAML 1.1\n", "# ", "null", "~", "\u{0}", "\u{85}", "\u{2028}", "é", "0x10", "yes",
            "99999999999999999999", "-",
        ]
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...4, using: &numbers) {
            let place = Int.random(in: 0...bytes.count, using: &numbers)
            let end = min(bytes.count, place + Int.random(in: 0...12, using: &numbers))
            switch Int.random(in: 0..<4, using: &numbers) {
            case 0: bytes.replaceSubrange(place..<end, with: [UInt8.random(in: 0...255, using: &numbers)])
            case 1: bytes.removeSubrange(place..<end)
            case 2: bytes.insert(contentsOf: bytes[place..<end], at: place)
            default:
                let word = words[Int.random(in: 0..<words.count, using: &numbers)]
                bytes.insert(contentsOf: word.utf8, at: place)
            }
        }
        return bytes
    }
}
