/// Which systemd units a baseline lets the node restart: a unit's name, in which `*` stands for any
/// characters. A name without a suffix is that of a service (systemd.unit(5), systemctl(1)).
package struct UnitPattern: TextValue {
    package let description: String

    package static let expected =
        "the name of a systemd service such as nginx or 'php*-fpm', where '*' stands for any characters"

    package init?(_ text: some StringProtocol) {
        let bytes = text.utf8
        guard (1...255).contains(bytes.count), bytes.first != UInt8(ascii: "-"),
            bytes.allSatisfy({ $0.isAlphanumeric || Self.punctuation.contains($0) })
        else { return nil }
        description = String(text)
    }

    /// What systemd.unit(5) allows in a name, and the asterisk.
    private static let punctuation: [UInt8] = Array(":-_.\\@*".utf8)

    /// Whether a unit's full name, such as `nginx.service`, is one of those that are meant.
    package func matches(_ unit: String) -> Bool {
        var pattern = description[...]
        if pattern.hasSuffix(Self.suffix) { pattern = pattern.dropLast(Self.suffix.utf8.count) }
        guard unit.hasSuffix(Self.suffix) else { return false }
        return Self.matches(Array(unit.utf8.dropLast(Self.suffix.utf8.count)), Array(pattern.utf8))
    }

    private static let suffix = ".service"

    /// Compares from left to right; at a difference the last `*` takes one character more.
    private static func matches(_ text: [UInt8], _ pattern: [UInt8]) -> Bool {
        var (at, next) = (0, 0)
        var star: (pattern: Int, text: Int)?
        while at < text.count {
            if next < pattern.count, pattern[next] == UInt8(ascii: "*") {
                star = (next, at)
                next += 1
            } else if next < pattern.count, pattern[next] == text[at] {
                at += 1
                next += 1
            } else if let known = star {
                star = (known.pattern, known.text + 1)
                at = known.text + 1
                next = known.pattern + 1
            } else {
                return false
            }
        }
        return pattern[next...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}
