/// What a person should know of a machine, besides how its baseline's entries stand, as it was found last.
///
/// To find it takes a look at many files. So it is kept in the node's state, and looked for anew only after
/// a change; in between only what costs next to nothing is looked at.
package struct MachineFindings: Hashable, Sendable {
    /// What is said as it is, for as long as it is the case.
    package var found: [Finding]
    /// The keys that sources are verified by.
    package var keys: [SourceKey]
    /// What changes with the files in which the keys are, or with the list of these files.
    package var keysMark: String

    package init(found: [Finding] = [], keys: [SourceKey] = [], keysMark: String = "") {
        self.found = found
        self.keys = keys
        self.keysMark = keysMark
    }
}

/// A key by which a source list has its source verified.
package struct SourceKey: Hashable, Sendable {
    /// The file that holds it: a key file, or the source list itself.
    package let path: String
    /// The last 16 hex digits of its fingerprint.
    package let id: String
    /// When it ends; nil for a key without end.
    package let expires: Timestamp?

    package init(path: String, id: String, expires: Timestamp?) {
        self.path = path
        self.id = id
        self.expires = expires
    }
}

extension Finding {
    /// The codes of v1. A reader shows one that it does not know as it is.
    package enum Code: String, Sendable, CaseIterable {
        /// A configuration file was kept as somebody had changed it; the package's own lies beside it.
        case conffileKept
        /// What is installed was rebuilt on this node, and is not the file that was published.
        case rebuiltInstalled
        /// What is kept for going back was rebuilt on this node.
        case rebuiltKept
        /// A person holds a package (`apt-mark hold`).
        case heldByHand
        /// A package is not wholly installed, and the baseline does not name it.
        case packageBroken
        /// What must be gone is no package here, but a name that an installed one has besides its own.
        case providedOnly
        /// A package is installed that the baseline does not name.
        case unlisted
        /// A key ends soon, or has ended: its source will not verify then.
        case keyExpires
        /// Another program changes packages unasked.
        case otherUpdater
    }

    package init(_ code: Code, package: String? = nil, path: String? = nil, _ message: String) {
        self.init(code: code.rawValue, package: package, path: path, message: message)
    }
}

extension MachineFindings {
    /// How long before its end a key is told.
    package static let warningTime = TimeSpan(seconds: 60 * 86_400)

    /// What is to be said of the keys.
    ///
    /// - Parameter now: while the clock is not known to be right, nothing is said.
    package func keyFindings(at now: Instant) -> [Finding] {
        guard now.isWallKnown else { return [] }
        return keys.compactMap { key in
            guard let expires = key.expires else { return nil }
            let left = TimeSpan(seconds: expires.seconds - now.wall.seconds)
            guard left <= Self.warningTime else { return nil }
            let what = "the key \(key.id) in '\(key.path)'"
            let remedy = "ship a newer key before sources are fetched again"
            guard left > .zero else {
                return Finding(
                    .keyExpires, path: key.path, "\(what) has ended on \(expires.day): \(remedy)")
            }
            return Finding(
                .keyExpires, path: key.path,
                "\(what) ends on \(expires.day), in \(left.seconds / 86_400) days: \(remedy)")
        }
    }
}

extension Inventory {
    /// What is to be said of packages as the database has them.
    ///
    /// - Parameters:
    ///   - entries: those of the enforced baseline; nil if there is none.
    ///   - unlisted: whether packages are told that no entry names.
    ///   - limit: how many are told; the others are counted.
    package func findings(
        entries: [Entry]?, unlisted: UnlistedPolicy, limit: Int
    ) -> (told: [Finding], omitted: Int) {
        var told: [Finding] = []
        var omitted = 0
        func tell(_ code: Finding.Code, _ package: InstalledPackage, _ words: String) {
            guard told.count < limit else {
                omitted += 1
                return
            }
            let name = package.id.description
            told.append(Finding(code, package: name, "'\(name)' \(package.version) \(words)"))
        }
        for package in packages where package.isHeld && package.state != .configFiles {
            tell(.heldByHand, package, "is held by hand; 'apt-mark unhold' releases it")
        }
        guard let entries else { return (told, omitted) }
        let names = Set(entries.map(\.key))
        for package in packages where package.state == .broken && !package.isNamed(in: names) {
            tell(
                .packageBroken, package,
                "is not wholly installed, and the baseline does not name it; 'dpkg --audit' says why")
        }
        for entry in entries where entry.requirement.version == nil {
            guard case .package(let name, _) = entry.key else { continue }
            let present = packages.filter { $0.state != .configFiles }
            guard !present.contains(where: { $0.id.name == name }) else { continue }
            for provider in present where provider.provides.contains(name) {
                tell(
                    .providedOnly, provider,
                    "provides '\(name)', which is to be gone: no package of that name is installed, and a "
                        + "name that others provide removes nothing; name this package, if it is meant")
            }
        }
        guard unlisted == .report else { return (told, omitted) }
        for package in packages where package.state != .configFiles && !package.isNamed(in: names) {
            tell(.unlisted, package, "is installed, and the baseline does not name it")
        }
        return (told, omitted)
    }
}

extension InstalledPackage {
    /// Whether an entry is about it: by its name, or by its source.
    fileprivate func isNamed(in names: Set<EntryKey>) -> Bool {
        names.contains(.package(id.name, nil)) || names.contains(.source(source))
            || names.contains(.package(id.name, id.architecture))
    }
}

extension MachineFindings {
    package var json: JSONValue {
        [
            "found": .array(found.map(\.json)), "keysMark": .string(keysMark),
            "keys": .array(
                keys.map {
                    ["path": .string($0.path), "id": .string($0.id), "expires": JSONValue($0.expires)]
                }),
        ]
    }

    /// - Returns: nil unless `json` has them: then they are looked for anew.
    package init?(json: JSONValue) {
        guard let found = json["found"]?.array?.whole(Finding.init(json:)),
            let mark = json["keysMark"]?.string,
            let keys = json["keys"]?.array?.whole({ member -> SourceKey? in
                guard let path = member["path"]?.string, let id = member["id"]?.string else { return nil }
                return SourceKey(
                    path: path, id: id, expires: member["expires"]?.string.flatMap { Timestamp($0) })
            })
        else { return nil }
        self.init(found: found, keys: keys, keysMark: mark)
    }
}
