internal import FleetCore
internal import FleetReconciler

/// Judges a simulated plan: a pure function of what was asked, what would happen, and what is known of the
/// packages.
///
/// A change is good if the baseline determines it: so the same commit brings the same versions to every
/// node. A version is determined by a target, by a pin of the package, by a pin of its source, or by a
/// demand `= version` of a package whose own version is determined.
struct PlanJudge {
    let request: ChangeRequest
    let changes: [PackageChange]
    let inventory: Inventory
    let essential: Set<PackageID>

    /// The changes to a version that neither a target nor a pin of the package itself determines: of these,
    /// and of the packages that may demand them, the records are needed.
    var needsRecords: Bool { changes.contains { $0.to != nil && !isDetermined($0, by: nil) } }

    /// Why the plan must not be carried out.
    func refusals(records: [CandidateRecord]) -> [PlanRefusal] {
        let byID = Dictionary(records.map { (Version(id: $0.id, version: $0.version), $0) }) { first, _ in
            first
        }
        let undetermined = undetermined(records: byID)
        return changes.sorted { $0.id < $1.id }.compactMap { change in
            guard let version = change.to else { return refusalOfRemoval(change) }
            return undetermined.contains(change.id) ? refusal(of: change.id, version: version) : nil
        }
    }

    private struct Version: Hashable {
        let id: PackageID
        let version: PackageVersion
    }

    /// The packages that would get a version that nothing determines.
    private func undetermined(records: [Version: CandidateRecord]) -> Set<PackageID> {
        var open: [PackageChange] = []
        var demands: [PackageName: [PackageVersion]] = [:]
        func settle(_ record: CandidateRecord?) {
            for (name, version) in record?.exactDemands ?? [:] { demands[name, default: []].append(version) }
        }
        for change in changes {
            guard let version = change.to else { continue }
            let record = records[Version(id: change.id, version: version)]
            if isDetermined(change, by: record) { settle(record) } else { open.append(change) }
        }
        // Each round settles at least one change, or is the last one.
        while true {
            let settled = open.filter { change in
                demands[change.id.name]?.contains { $0.isSame(as: change.to) } ?? false
            }
            if settled.isEmpty { return Set(open.map(\.id)) }
            for change in settled {
                guard let version = change.to else { continue }
                settle(records[Version(id: change.id, version: version)])
            }
            let ids = Set(settled.map(\.id))
            open.removeAll { ids.contains($0.id) }
        }
    }

    /// Whether the request itself determines the version, given what the index says of it.
    private func isDetermined(_ change: PackageChange, by record: CandidateRecord?) -> Bool {
        guard let version = change.to else { return false }
        if change.from == change.to { return true }
        let native = inventory.native
        for (id, wanted) in request.targets where change.id.answers(id, native: native) {
            return wanted == version
                || request.accepts(rebuild: version, of: id, wanted: wanted, in: inventory)
        }
        return request.pins.contains { pin in
            switch pin.key {
            case .package(let name, let architecture):
                let id = PackageID(name: name, architecture: architecture ?? native)
                return pin.version == version && change.id.answers(id, native: native)
            case .source(let source):
                return record?.source == source && version.withoutRebuild == pin.version
            }
        }
    }

    private func refusalOfRemoval(_ change: PackageChange) -> PlanRefusal? {
        let name = key(change.id)
        if essential.contains(change.id) {
            return PlanRefusal(
                code: .essential, package: change.id,
                message: "'\(name)' would be removed, without which the system does not work", line: "")
        }
        let isNamed = request.removals.keys.contains { change.id.answers($0, native: inventory.native) }
        guard !isNamed else { return nil }
        return PlanRefusal(
            code: .removesUnnamed, package: change.id,
            message: "'\(name)' would be removed, and the baseline does not say so", line: "\(name): absent")
    }

    private func refusal(of id: PackageID, version: PackageVersion) -> PlanRefusal {
        let name = key(id)
        let wanted = request.pins.first { pin in
            guard case .package(let name, let architecture) = pin.key else { return false }
            let pinned = PackageID(name: name, architecture: architecture ?? inventory.native)
            return id.answers(pinned, native: inventory.native)
        }
        let why =
            wanted.map { "the baseline names \($0.version)" }
            ?? "the baseline does not determine that version"
        return PlanRefusal(
            code: .undetermined, package: id, message: "'\(name)' would come in as \(version), and \(why)",
            line: "\(name): {version: \(version), install: false}")
    }

    /// The key by which a baseline names a package.
    private func key(_ id: PackageID) -> String {
        let isPlain = id.architecture == inventory.native || id.architecture == .all
        return EntryKey.package(id.name, isPlain ? nil : id.architecture).description
    }
}

extension ChangeRequest {
    /// Whether a rebuild `+bN` may stand for the wanted version: where that is the version of a pinned
    /// source, which has none.
    func accepts(
        rebuild version: PackageVersion, of id: PackageID, wanted: PackageVersion, in inventory: Inventory
    ) -> Bool {
        guard version.withoutRebuild == wanted,
            let source = inventory.packages.first(where: { $0.id == id })?.source
        else { return false }
        return pins.contains { $0.key == .source(source) && $0.version == wanted }
    }
}

extension PackageVersion {
    /// Whether dpkg holds both for one version, however they are written.
    fileprivate func isSame(as other: PackageVersion?) -> Bool {
        guard let other else { return false }
        return self == other || VersionOrder.debian.compare(self, other) == .same
    }
}
