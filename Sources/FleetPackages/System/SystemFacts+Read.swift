internal import FleetCore
internal import FleetReconciler
internal import Glibc

extension SystemFacts {
    /// Reads os-release(5) of a root, `/etc` before `/usr/lib`, and asks the kernel for its release.
    ///
    /// - Parameter release: the kernel's, where it is given and not asked for.
    ///
    /// A root that has neither file, as a small one of a test, has no name: then the baseline's `for`
    /// decides.
    static func read(root: String, kernel release: String? = nil) throws(PackageError) -> SystemFacts {
        let prefix = root == "/" ? "" : root
        var values: [Substring: String] = [:]
        for path in ["/etc/os-release", "/usr/lib/os-release"] {
            do {
                values = parse(try readFile(prefix + path, limit: 64 << 10))
                break
            } catch {
                guard error.isAbsence else { throw PackageError(error) }
            }
        }
        return SystemFacts(
            id: values["ID"] ?? "", version: values["VERSION_ID"] ?? "",
            kernel: release ?? kernel())
    }

    /// The assignments of the file: a shell's, without expansions (os-release(5)).
    static func parse(_ bytes: [UInt8]) -> [Substring: String] {
        var values: [Substring: String] = [:]
        let text = String(decoding: bytes, as: UTF8.self)
        for line in text.lines() where !line.hasPrefix("#") {
            guard let equals = line.firstIndex(of: "=") else { continue }
            values[line[..<equals]] = unquoted(line[line.index(after: equals)...])
        }
        return values
    }

    private static func unquoted(_ text: Substring) -> String {
        var text = text
        while let last = text.last, last == " " || last == "\t" || last == "\r" { text = text.dropLast() }
        guard let quote = text.first, quote == "\"" || quote == "'", text.count > 1, text.last == quote else {
            return String(text)
        }
        let inner = text.dropFirst().dropLast()
        guard quote == "\"" else { return String(inner) }
        var plain = ""
        var isEscaped = false
        for character in inner {
            if !isEscaped, character == "\\" {
                isEscaped = true
                continue
            }
            plain.append(character)
            isEscaped = false
        }
        return plain
    }

    private static func kernel() -> String {
        var name = utsname()
        guard uname(&name) == 0 else { return "" }
        return withUnsafeBytes(of: &name.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}
