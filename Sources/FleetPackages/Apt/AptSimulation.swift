internal import FleetCore
internal import FleetReconciler

/// What `apt-get --simulate` says it would do: one line for each step (apt-get(8), `apt-pkg/algorithms.cc`).
///
/// ```
/// Inst libc6:i386 [2.36-9] (2.36-10 Debian:12.5/stable, Debian-Security:12 [i386]) [broken:i386 ]
/// Conf libc6:i386 (2.36-10 Debian:12.5/stable [i386])
/// Remv telnetd [0.17-41]
/// ```
struct AptSimulation: Equatable {
    /// The packages that would be unpacked, and those that would only be configured, with their version.
    private(set) var installs: [PackageID: PackageVersion] = [:]
    private(set) var configurations: [PackageID: PackageVersion] = [:]
    /// The packages that would be removed, as apt writes them: without architecture for its own.
    private(set) var removals: [String] = []

    /// - Throws: ``PackageError`` with `unreadable` for a step that cannot be understood: to skip it would
    ///   be to carry out something that nobody has judged.
    init(_ output: String) throws(PackageError) {
        for line in output.lines() {
            let words = line.split(separator: " ", maxSplits: 2)
            guard let verb = words.first, ["Inst", "Conf", "Remv", "Purg"].contains(verb) else { continue }
            guard words.count > 1, apply(verb, name: words[1], rest: words.count > 2 ? words[2] : "") else {
                throw PackageError(.unreadable, "cannot understand apt's step '\(line)'")
            }
        }
    }

    private mutating func apply(_ verb: Substring, name: Substring, rest: Substring) -> Bool {
        guard verb == "Inst" || verb == "Conf" else {
            removals.append(String(name))
            return true
        }
        guard let name = PackageName(name.prefix { $0 != ":" }),
            let (version, architecture) = Self.versionAndArchitecture(rest)
        else { return false }
        let id = PackageID(name: name, architecture: architecture)
        if verb == "Inst" { installs[id] = version } else { configurations[id] = version }
        return true
    }

    /// The version after the first `(`, and the architecture in the last `[…])`. What is between them,
    /// names of origins, and what comes after, packages that are broken for a moment, may hold any
    /// character.
    private static func versionAndArchitecture(_ text: Substring) -> (PackageVersion, Architecture)? {
        guard let open = text.firstIndex(of: "("),
            let version = text[text.index(after: open)...].split(separator: " ").first
                .flatMap({ PackageVersion($0) })
        else { return nil }
        var rest = text[open...]
        while let end = rest.lastIndex(of: ")") {
            rest = rest[..<end]
            guard rest.last == "]", let bracket = rest.lastIndex(of: "[") else { continue }
            let inner = rest[rest.index(after: bracket)...].dropLast()
            if let architecture = Architecture(inner) { return (version, architecture) }
        }
        return nil
    }

    /// The changes that the steps come to, on the machine as it is.
    ///
    /// - Throws: ``PackageError`` with `unreadable` if a package would be removed that is not installed.
    func changes(of inventory: Inventory) throws(PackageError) -> [PackageChange] {
        var present: [PackageID: PackageVersion] = [:]
        for package in inventory.packages where package.isPresent { present[package.id] = package.version }
        var changes: [PackageID: PackageChange] = [:]
        for (id, version) in configurations {
            changes[id] = PackageChange(id: id, from: present[id] ?? version, to: version)
        }
        for (id, version) in installs {
            changes[id] = PackageChange(id: id, from: present[id], to: version)
        }
        for name in removals {
            guard let id = inventory.id(writtenByApt: name), let version = present[id] else {
                throw PackageError(.unreadable, "apt would remove '\(name)', which is not installed")
            }
            changes[id] = PackageChange(id: id, from: version, to: nil)
        }
        return Array(changes.values)
    }
}

extension Inventory {
    /// The machine's own architecture.
    var native: Architecture { architectures.first ?? .compiled }

    /// The installed package that apt means by `name` or `name:architecture`.
    func id(writtenByApt text: String) -> PackageID? {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard let name = parts.first.flatMap({ PackageName($0) }) else { return nil }
        let candidates =
            parts.count == 2 ? [Architecture(parts[1])].compactMap(\.self) : [native, .all]
        return packages.first {
            $0.isPresent && $0.id.name == name && candidates.contains($0.id.architecture)
        }?.id
    }
}

extension PackageID {
    /// The package as apt's programs take it: a package for all architectures belongs to the native one
    /// there.
    func aptName(native: Architecture) -> String {
        "\(name):\(architecture == .all ? native : architecture)"
    }

    /// Whether a request for `other` means this package: one asked for in the native architecture may be
    /// one for all.
    func answers(_ other: PackageID, native: Architecture) -> Bool {
        name == other.name && aptName(native: native) == other.aptName(native: native)
    }
}
