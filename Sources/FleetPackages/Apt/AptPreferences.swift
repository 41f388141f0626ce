internal import FleetCore

/// apt's preferences for the pins of a request (apt_preferences(5)).
///
/// With a priority above 1000 apt chooses the version even where that is a downgrade, so dependencies
/// follow as well.
struct AptPreferences {
    let text: String

    init(_ pins: [Pin]) {
        text = pins.map { pin in
            """
            Package: \(Self.name(pin.key))
            Pin: version \(Self.pattern(pin))
            Pin-Priority: 1001

            """
        }.joined(separator: "\n")
    }

    /// What the pin is for: to apt, what fits every architecture is no architecture of its own.
    private static func name(_ key: EntryKey) -> EntryKey {
        guard case .package(let name, .some(.all)) = key else { return key }
        return .package(name, nil)
    }

    /// What the version must match: for a package the very version; for a source also its rebuilds `+bN`,
    /// which the versions of sources do not have.
    ///
    /// apt reads text between slashes as an extended regular expression, and a bare text as a shell pattern
    /// in which no character of a version has a meaning, except that a `*` at the end, which no version
    /// has, would.
    private static func pattern(_ pin: Pin) -> String {
        guard case .source = pin.key else { return "\(pin.version)" }
        let escaped = pin.version.description.map { $0 == "." || $0 == "+" ? "\\\($0)" : "\($0)" }
        return "/^\(escaped.joined())(\\+b[0-9]+)?$/"
    }
}
