@testable import FleetRepository

/// The signature's text, bent.
extension CommitCorpus {
    /// Each bit of the text, some in turn, and of what the text stands for.
    mutating func addBits() throws {
        for index in stride(from: 0, to: armour.count - 1, by: 5) {
            add(
                "bit \(index % 7) of byte \(index) of the armour",
                armour: armour.turning(bit: index % 7, of: index))
        }
        let blob = try TextArmor.signature.decode(armour, for: .readSignature)
        for index in stride(from: 0, to: blob.count, by: 3) {
            let bent = TextArmor.signature.encode(blob.turning(bit: index % 8, of: index))
            add("bit \(index % 8) of byte \(index) of the signature", armour: Array(bent.utf8))
        }
        let wrong: [(String, [UInt8])] = [
            ("a byte more", blob + [0]), ("a byte less", Array(blob.dropLast())), ("nothing", []),
            ("the magic alone", Array(blob.prefix(6))), ("a zero before", [0] + blob), ("twice", blob + blob),
        ]
        for (name, bent) in wrong {
            add("the signature: \(name)", armour: Array(TextArmor.signature.encode(bent).utf8))
        }
    }

    mutating func addCuts() {
        for length in stride(from: 1, to: armour.count - 1, by: 17) {
            add("the armour, its first \(length) bytes", armour: Array(armour.prefix(length)))
        }
        for length in stride(from: 20, to: armour.count - 1, by: 40) {
            add("the armour, its last \(length) bytes", armour: Array(armour.suffix(length)))
        }
        let commit = CorpusCommit.signed(payload, armour)
        for length in stride(from: 10, to: commit.count - 1, by: 41) {
            add("the commit, its first \(length) bytes", Array(commit.prefix(length)))
        }
    }

    /// Other ways to write the same signature.
    mutating func addArmours() {
        let text = String(decoding: armour, as: UTF8.self)
        let lines = text.split(separator: "\n").map(String.init)
        let begin = lines[0] + "\n"
        let end = lines[lines.count - 1] + "\n"
        let digits = lines.dropFirst().dropLast().joined()
        func wrapped(_ width: Int) -> String {
            var rest = digits[...]
            var body = ""
            while !rest.isEmpty {
                body += rest.prefix(width) + "\n"
                rest = rest.dropFirst(width)
            }
            return begin + body + end
        }
        let variants: [(String, String)] = [
            ("as it is", text), ("one long line", wrapped(1000)), ("lines of 64", wrapped(64)),
            ("lines of 1", wrapped(1)),
            ("carriage returns", text.replacing("\n", with: "\r\n")),
            ("carriage returns inside", begin + digits + "\r\n" + end),
            ("a carriage return after BEGIN", text.replacing(begin, with: lines[0] + "\r\n")),
            ("a carriage return at the end", lines.joined(separator: "\n") + "\r\n"),
            ("a space at each line's end", text.replacing("\n", with: " \n")),
            ("a space at the end", lines.joined(separator: "\n") + " \n"),
            ("a space after BEGIN", text.replacing(begin, with: lines[0] + " \n")),
            ("a space in the base64", begin + digits.prefix(20) + " " + digits.dropFirst(20) + "\n" + end),
            ("a tab in the base64", begin + digits.prefix(20) + "\t" + digits.dropFirst(20) + "\n" + end),
            ("an empty line after BEGIN", begin + "\n" + digits + "\n" + end),
            ("an empty line before END", begin + digits + "\n\n" + end),
            ("an empty line before BEGIN", "\n" + text), ("an empty line after END", text + "\n"),
            ("text before BEGIN", "hello\n" + text), ("text after END", text + "hello\n"),
            ("a header in the armour", begin + "Comment: hello\n\n" + digits + "\n" + end),
            ("no line feed before END", begin + digits + end),
            ("no line feed after BEGIN", lines[0] + digits + "\n" + end),
            ("BEGIN in lower case", text.replacing("BEGIN", with: "begin")),
            ("no BEGIN", digits + "\n" + end),
            ("no END", begin + digits + "\n"), ("END of another", text.replacing("END SSH", with: "END PGP")),
            ("four dashes at the end", String(text.dropLast(2))),
            ("six dashes at the end", String(text.dropLast()) + "-\n"),
            ("twice", text + text), ("no digits", begin + end), ("nothing", ""), ("a word", "hello\n"),
            ("a private key's words", text.replacing("SSH SIGNATURE", with: "OPENSSH PRIVATE KEY")),
            ("OpenPGP's words", text.replacing("SSH SIGNATURE", with: "PGP SIGNATURE")),
            ("OpenPGP's words, a message", text.replacing("SSH SIGNATURE", with: "PGP MESSAGE")),
            ("X.509's words", text.replacing("SSH SIGNATURE", with: "SIGNED MESSAGE")),
        ]
        for (name, text) in variants { add("armour: \(name)", armour: Array(text.utf8)) }
        add(
            "armour: a NUL in the base64", armour: Array(begin.utf8) + [0] + Array((digits + "\n" + end).utf8)
        )
        add("armour: a NUL at the end", armour: armour + [0])
        add("armour: Latin-1 after END", armour: armour + [0xE4, 0x0A])
    }

    /// Other ways to write the same base64.
    mutating func addEncodings() {
        let text = String(decoding: armour, as: UTF8.self)
        let lines = text.split(separator: "\n").map(String.init)
        let digits = lines.dropFirst().dropLast().joined()
        let bare = digits.replacing("=", with: "")
        let pads = digits.count - bare.count
        var variants: [(String, String)] = [
            ("a pad more", digits + "="), ("two pads more", digits + "=="),
            ("four pads more", digits + "===="),
            ("a digit after the end", digits + "A"), ("four digits after the end", digits + "AAAA"),
            ("pads in the middle", digits.prefix(40) + "====" + digits.dropFirst(40)),
            ("the letters of URLs", digits.replacing("+", with: "-").replacing("/", with: "_") + "-_"),
        ]
        // The binary form ends within a group of three bytes: its last digit has spare bits.
        if pads > 0 {
            variants += [
                ("no pads", bare), ("spare bits that are set", Self.spareBitSet(bare) + digits.suffix(pads)),
            ]
        }
        for (name, digits) in variants {
            add("base64: \(name)", armour: Array("\(lines[0])\n\(digits)\n\(lines[lines.count - 1])\n".utf8))
        }
    }

    /// The digits, the last one of which is the next one of the alphabet: its lowest bit stands for nothing.
    private static func spareBitSet(_ digits: String) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
        guard let last = digits.last, let index = alphabet.firstIndex(of: last) else { return digits }
        return String(digits.dropLast()) + String(alphabet[index | 1])
    }
}
