/// A baseline compared with what is installed: the state of each entry, and the request that would remove the
/// drift.
package struct Assessment: Hashable, Sendable {
    /// Each entry that applies, in the order of keys.
    package let findings: [EntryFinding]
    /// Entries that do not apply to this node: nothing of them is installed, or the architecture is not the
    /// node's.
    package let notApplicable: [EntryKey]
    /// What would bring every entry that can be mended to its declared state.
    package let request: ChangeRequest

    /// Whether every entry that applies is as declared.
    package var isCompliant: Bool { findings.allSatisfy { $0.state == .installed } }

    /// The entries because of which the node is no evidence for others: they are left out here.
    package var leftOut: [EntryFinding] {
        findings.filter { [.excepted, .held, .newer].contains($0.state) && !willChange.contains($0.key) }
    }

    /// How many entries are in each state.
    package var counts: [EntryState: Int] {
        findings.counts
    }

    private let willChange: Set<EntryKey>

    /// Compares `form` with `inventory`.
    ///
    /// - Parameters:
    ///   - newer: what to do with newer versions that Plimsoll did not put there.
    ///   - placed: the versions that Plimsoll itself put there last.
    ///   - exceptions: entries that are not enforced on this node today.
    ///   - sources: the source lists to work with; nil for the system's.
    ///   - returns: what going back to this baseline returns besides.
    package init(
        of form: CanonicalForm, in inventory: InventoryIndex, newer: NewerPolicy,
        placed: [PackageID: PackageVersion], exceptions: Set<EntryKey>, sources: [SourceList]?,
        returns: [PackageChange] = []
    ) {
        var findings: [EntryFinding] = []
        var notApplicable: [EntryKey] = []
        var draft = RequestDraft(order: form.manager.versionOrder, newer: newer, placed: placed)
        let names = EntryNames(form.entries)
        for entry in form.entries {
            let installed = inventory.packages(named: entry, among: names)
            guard inventory.knowsArchitecture(of: entry.key), entry.applies(to: installed) else {
                notApplicable.append(entry.key)
                if !exceptions.contains(entry.key) { draft.pin(entry, in: inventory) }
                continue
            }
            let state =
                exceptions.contains(entry.key)
                ? .excepted : draft.add(entry, installed: installed, in: inventory)
            findings.append(
                EntryFinding(key: entry.key, state: state, wanted: entry.wanted, found: found(installed)))
        }
        self.findings = findings
        self.notApplicable = notApplicable
        willChange = draft.changedKeys
        request = ChangeRequest(
            pins: draft.pins, targets: draft.targets, removals: draft.removals, sha256: draft.sha256,
            sources: sources
        ).adding(returns: returns)
    }
}

extension [EntryFinding] {
    /// How many are in each state.
    package var counts: [EntryState: Int] {
        reduce(into: [:]) { counts, finding in counts[finding.state, default: 0] += 1 }
    }
}

extension DeclaredBaseline {
    /// The entries that apply to a node with this inventory and are enforced on it.
    func applied(
        in inventory: InventoryIndex, placed: [PackageID: PackageVersion], exceptions: Set<EntryKey>
    ) -> [EntryKey] {
        let assessment = Assessment(
            of: CanonicalForm(baseline), in: inventory, newer: baseline.newer, placed: placed,
            exceptions: exceptions, sources: nil)
        return assessment.findings.filter { $0.state != .excepted }.map(\.key)
    }

    /// How many packages it would change on a node with this inventory; what they drag along is not in it.
    func changes(
        in inventory: InventoryIndex, placed: [PackageID: PackageVersion], exceptions: Set<EntryKey>
    ) -> Int {
        Assessment(
            of: CanonicalForm(baseline), in: inventory, newer: baseline.newer, placed: placed,
            exceptions: exceptions, sources: nil
        ).request.count
    }
}

private func found(_ installed: [InstalledPackage]) -> String {
    let versions = Set(installed.map(\.version.description)).sorted()
    return versions.isEmpty ? "none" : versions.joined(separator: ", ")
}

extension Entry {
    /// What reports say is wanted: the version, `absent` or `purged`.
    package var wanted: String {
        switch requirement {
        case .version(let version, _, _): version.description
        case .absent: "absent"
        case .purged: "purged"
        }
    }

    fileprivate func applies(to installed: [InstalledPackage]) -> Bool {
        guard case .version(_, presence: .whereInstalled, _) = requirement else { return true }
        return !installed.isEmpty
    }
}

/// A request in the making.
private struct RequestDraft {
    let order: VersionOrder
    let newer: NewerPolicy
    let placed: [PackageID: PackageVersion]
    var pins: [Pin] = []
    var targets: [PackageID: PackageVersion] = [:]
    var removals: [PackageID: Bool] = [:]
    var sha256: [PackageID: Digest] = [:]
    var changedKeys: Set<EntryKey> = []

    /// Determines the version of what an entry names, wherever it comes in, and its bytes.
    mutating func pin(_ entry: Entry, in inventory: InventoryIndex) {
        guard case .version(let version, _, let digests) = entry.requirement else { return }
        pins.append(Pin(key: entry.key, version: version))
        if case .package = entry.key {
            demand(digests, of: inventory.id(toInstall: entry.key), in: inventory)
        }
    }

    /// A package for all architectures may be written under the node's own, and the other way round: which
    /// of the two its file is for is known once it is there.
    private mutating func demand(
        _ digests: [Architecture: Digest], of id: PackageID, in inventory: InventoryIndex
    ) {
        let own = inventory.inventory.architectures.first
        let others: [Architecture?] =
            id.architecture == .all ? [own] : id.architecture == own ? [.all] : []
        for architecture in [id.architecture] + others {
            guard let architecture, let digest = digests[architecture] else { continue }
            sha256[id] = digest
            return
        }
    }

    /// Adds what `entry` asks for, and says how it stands now.
    mutating func add(
        _ entry: Entry, installed: [InstalledPackage], in inventory: InventoryIndex
    ) -> EntryState {
        switch entry.requirement {
        case .absent: return remove(entry.key, installed, purge: false)
        case .purged: return remove(entry.key, installed, purge: true)
        case .version(let version, _, let digests):
            let state = self.state(of: installed, wanted: version, key: entry.key)
            guard state != .held else { return state }
            pin(entry, in: inventory)
            guard !installed.isEmpty else {
                targets[inventory.id(toInstall: entry.key)] = version
                changedKeys.insert(entry.key)
                return state
            }
            for package in installed where mustChange(package, to: version, key: entry.key) {
                targets[package.id] = version
                demand(digests, of: package.id, in: inventory)
                changedKeys.insert(entry.key)
            }
            return state
        }
    }

    private mutating func remove(_ key: EntryKey, _ installed: [InstalledPackage], purge: Bool) -> EntryState
    {
        let left = installed.filter { purge || $0.state != .configFiles }
        guard !left.isEmpty else { return .installed }
        guard !left.contains(where: \.isHeld) else { return .held }
        for package in left { removals[package.id] = purge }
        changedKeys.insert(key)
        return .forbidden
    }

    private func mustChange(_ package: InstalledPackage, to version: PackageVersion, key: EntryKey) -> Bool {
        switch comparison(of: package, with: version, key: key) {
        case .same: package.state == .broken
        case .older, nil: true
        case .newer: newer == .replace || placed[package.id] == package.version
        }
    }

    private func state(of installed: [InstalledPackage], wanted: PackageVersion, key: EntryKey) -> EntryState
    {
        guard !installed.isEmpty else { return .missing }
        let comparisons = installed.map { comparison(of: $0, with: wanted, key: key) }
        if zip(installed, comparisons).contains(where: { $0.isHeld && $1 != .same }) { return .held }
        if installed.contains(where: { $0.state == .broken }) { return .broken }
        guard comparisons.contains(where: { $0 != .same }) else { return .installed }
        if comparisons.contains(where: { $0 == nil }) { return .unknown }
        return comparisons.contains(.older) ? .older : .newer
    }

    private func comparison(
        of package: InstalledPackage, with version: PackageVersion, key: EntryKey
    ) -> VersionOrder.Comparison? {
        guard case .source = key else { return order.compare(package.version, version) }
        return order.compare(package.version.withoutRebuild, version.withoutRebuild)
    }
}
