internal import FleetCore

/// The parts of an `http` or `https` URL (RFC 3986), without user and password.
///
/// What libcurl is given is put together from these parts, so that both mean the same place.
struct HTTPAddress: Hashable, Sendable {
    let isEncrypted: Bool
    /// Name or number, in lower case; an IPv6 address in its brackets.
    let host: String
    let port: Int
    /// From the slash after the host on, with what follows a question mark; empty if nothing does.
    let path: String

    /// The port that a scheme has when none is written.
    private static func usualPort(isEncrypted: Bool) -> Int { isEncrypted ? 443 : 80 }

    /// Reads a URL.
    ///
    /// - Returns: the parts, and user and password as they stand before an `@`; nil if it is no such URL, or
    ///   has a space, a control character, a backslash or a fragment.
    static func parse(_ text: String) -> (address: HTTPAddress, user: String?)? {
        guard let separator = text.firstRange(of: "://"),
            text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f && !#"\"<>#^`{|}"#.utf8.contains($0) })
        else { return nil }
        let isEncrypted: Bool
        switch text[..<separator.lowerBound].lowercased() {
        case "https": isEncrypted = true
        case "http": isEncrypted = false
        default: return nil
        }
        let rest = text.utf8[separator.upperBound...]
        let authority = rest.prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") }
        let at = authority.lastIndex(of: UInt8(ascii: "@"))
        var host = at.map { authority[authority.index(after: $0)...] } ?? authority
        var port = usualPort(isEncrypted: isEncrypted)
        if let colon = host.lastIndex(of: UInt8(ascii: ":")), !host[colon...].contains(UInt8(ascii: "]")) {
            let digits = host[host.index(after: colon)...]
            guard digits.allSatisfy(\.isDecimalDigit), let number = UInt16(Substring(digits)), number > 0
            else { return nil }
            port = Int(number)
            host = host[..<colon]
        }
        guard isHost(host) else { return nil }
        let path = String(Substring(rest[authority.endIndex...]))
        let address = HTTPAddress(
            isEncrypted: isEncrypted, host: String(Substring(host)).lowercased(), port: port,
            path: path.utf8.first == UInt8(ascii: "?") ? "/" + path : path)
        return (address, at.map { String(Substring(authority[..<$0])) })
    }

    /// A name, or an IPv6 address in brackets. A name may have other letters than ASCII's, which libcurl
    /// translates.
    private static func isHost(_ text: Substring.UTF8View) -> Bool {
        if text.first == UInt8(ascii: "[") {
            return text.last == UInt8(ascii: "]") && text.count > 3
                && text.dropFirst().dropLast().allSatisfy {
                    $0.isDecimalDigit || (0x61...0x66).contains($0 | 0x20) || ":.".utf8.contains($0)
                }
        }
        return !text.isEmpty && text.count <= 255 && text.first != UInt8(ascii: "-")
            && text.allSatisfy {
                $0.isDecimalDigit || (0x61...0x7a).contains($0 | 0x20) || $0 >= 0x80
                    || "-._".utf8.contains($0)
            }
    }

    /// Scheme, host and port: what must be the same for a secret to be sent.
    var origin: String {
        let usual = Self.usualPort(isEncrypted: isEncrypted)
        return "\(isEncrypted ? "https" : "http")://\(host)\(port == usual ? "" : ":\(port)")"
    }

    /// The whole URL.
    var text: String { origin + path }

    /// The same host, another path.
    func at(path: String) -> HTTPAddress {
        HTTPAddress(isEncrypted: isEncrypted, host: host, port: port, path: path)
    }

    /// Whether `other` is this place or lies below it, component by component: `/acme` is not above
    /// `/acme-labs`.
    func contains(_ other: HTTPAddress) -> Bool {
        guard origin == other.origin else { return false }
        let own = components
        let theirs = other.components
        return own.count <= theirs.count && theirs.starts(with: own)
    }

    /// The components of the path, without what follows a question mark.
    var components: [String] {
        path.utf8.prefix { $0 != UInt8(ascii: "?") }.split(separator: UInt8(ascii: "/")).map {
            String(Substring($0))
        }
    }
}

extension HTTPAddress {
    /// Where a repository lists its references; gitprotocol-http(5), "Smart Clients".
    func listing(of service: String) -> HTTPAddress {
        let separator = path.utf8.contains(UInt8(ascii: "?")) ? "&" : "?"
        return at(path: "\(withoutSlash)/info/refs\(separator)service=\(service)")
    }

    /// Where a repository takes requests for a service.
    func service(_ service: String) -> HTTPAddress { at(path: "\(withoutSlash)/\(service)") }

    private var withoutSlash: String {
        path.utf8.last == UInt8(ascii: "/") ? String(decoding: path.utf8.dropLast(), as: UTF8.self) : path
    }

    /// The repository to which a server sends on who asks this one for its listing, as git takes it over:
    /// only the part before what was asked for may differ.
    func repository(redirectedTo target: HTTPAddress, listing service: String) -> HTTPAddress? {
        let asked = listing(of: service).path
        let tail = Array(asked.utf8.dropFirst(withoutSlash.utf8.count))
        guard target.path.utf8.count >= tail.count, target.path.utf8.suffix(tail.count).elementsEqual(tail)
        else { return nil }
        return target.at(path: String(decoding: target.path.utf8.dropLast(tail.count), as: UTF8.self))
    }
}
