internal import FleetCore
internal import FleetReconciler

/// Finds the plan for a request: writes the options, lets apt simulate, explains what it refuses, judges
/// what it would do.
///
/// Versions are exact, so indexes need not be new, only to have them: sources are asked again (`apt-get
/// update`) when a version is not in the indexes at hand, or when the request brings other sources than the
/// last one.
struct AptPlanner {
    let configuration: AptConfiguration
    let request: ChangeRequest
    private let command: AptCommand
    private let sources: AptSources

    init(_ configuration: AptConfiguration, request: ChangeRequest) {
        self.configuration = configuration
        self.request = request
        command = AptCommand(configuration)
        sources = AptSources(configuration, request: request)
    }

    /// The plan, with the refusals of ``PlanJudge``.
    ///
    /// - Throws: ``PackageError`` if apt finds none.
    func plan() async throws(PackageError) -> Plan {
        let database = try DpkgDatabase(folder: configuration.databaseFolder)
        try checkHolds(database.inventory)
        try AptOptionFiles(configuration: configuration).write(for: request)
        guard !request.isEmpty else { return Plan(request: request, changes: []) }
        var isFresh = try await sources.updateIfOthers()
        var versions = request.targets
        var simulated = try await simulate(versions, inventory: database.inventory)
        if !simulated.succeeded {
            var offers = try await sources.offers(
                of: Array(request.targets.keys), inventory: database.inventory)
            if !isFresh, !missing(in: offers, inventory: database.inventory).isEmpty {
                try await sources.update()
                isFresh = true
                offers = try await sources.offers(
                    of: Array(request.targets.keys), inventory: database.inventory)
            }
            try failIfUnavailable(offers, inventory: database.inventory)
            versions = resolved(with: offers, inventory: database.inventory)
            simulated = try await simulate(versions, inventory: database.inventory)
        }
        guard simulated.succeeded else { throw explain(simulated) }
        let changes = try AptSimulation(simulated.outputText).changes(of: database.inventory)
        try checkReached(changes, versions: versions, inventory: database.inventory)
        return try await judged(changes, database: database)
    }

    private func simulate(
        _ versions: [PackageID: PackageVersion], inventory: Inventory
    ) async throws(PackageError) -> ChildOutput {
        let native = inventory.native
        // To remove an essential package is refused by the judge, who can say so; apt would only fail.
        var arguments = ["--simulate", "--allow-remove-essential", "install"]
        for (id, version) in versions.sorted(by: { $0.key < $1.key }) {
            arguments.append("\(id.aptName(native: native))=\(version)")
        }
        for id in request.removals.keys.sorted()
        where inventory.packages.contains(where: { $0.id == id && $0.isPresent }) {
            arguments.append("\(id.aptName(native: native))-")
        }
        return try await command.get(arguments)
    }

    /// A package that a person holds is not ours to change: whoever asks leaves it out.
    private func checkHolds(_ inventory: Inventory) throws(PackageError) {
        let held = inventory.packages.filter { package in
            package.isHeld && package.isPresent
                && (request.targets[package.id].map { $0 != package.version } ?? false
                    || request.removals[package.id] != nil)
        }
        guard held.isEmpty else {
            let names = held.map(\.id.description)
            throw PackageError(
                .unsatisfiable, "held by hand: \(quoted(names)); 'apt-mark unhold' releases them",
                packages: names)
        }
    }

    /// The targets whose version no source offers and the machine does not have.
    private func missing(in offers: [Offer], inventory: Inventory) -> [PackageID] {
        request.targets.keys.sorted().filter { offered(for: $0, in: offers, inventory: inventory) == nil }
    }

    /// The version that stands for a target: itself, or the newest rebuild of a source's version.
    private func offered(for id: PackageID, in offers: [Offer], inventory: Inventory) -> PackageVersion? {
        guard let wanted = request.targets[id] else { return nil }
        let installed = inventory.packages.first { $0.id == id && $0.isPresent }?.version
        let versions =
            offers.filter { $0.aptName == id.aptName(native: inventory.native) }.map(\.version)
            + [installed].compactMap(\.self)
        if versions.contains(wanted) { return wanted }
        return versions.filter { request.accepts(rebuild: $0, of: id, wanted: wanted, in: inventory) }
            .max { VersionOrder.debian.compare($0, $1) == .older }
    }

    private func resolved(with offers: [Offer], inventory: Inventory) -> [PackageID: PackageVersion] {
        Dictionary(
            uniqueKeysWithValues: request.targets.map { id, wanted in
                (id, offered(for: id, in: offers, inventory: inventory) ?? wanted)
            })
    }

    private func failIfUnavailable(_ offers: [Offer], inventory: Inventory) throws(PackageError) {
        let missing = missing(in: offers, inventory: inventory)
        guard !missing.isEmpty else { return }
        let sentences = missing.map { id in
            let others = offers.filter { $0.aptName == id.aptName(native: inventory.native) }
            let wanted = request.targets[id].map(\.description) ?? ""
            let what = "no source offers '\(id)' in version \(wanted)"
            if others.isEmpty { return what + ", nor in any other" }
            return what + "; offered: "
                + others.map { "\($0.version) (\($0.source))" }.joined(separator: ", ")
        }
        throw PackageError(
            .unavailable, sentences.joined(separator: "; "), packages: missing.map(\.description))
    }

    /// Whether the plan does what was asked: apt may succeed without having changed anything.
    private func checkReached(
        _ changes: [PackageChange], versions: [PackageID: PackageVersion], inventory: Inventory
    ) throws(PackageError) {
        let native = inventory.native
        var unreached: [String] = []
        for (id, version) in versions {
            let now = inventory.packages.first { $0.isPresent && $0.id.answers(id, native: native) }
            let later = changes.first { $0.id.answers(id, native: native) && $0.to != nil }
            if (later.map(\.to) ?? now?.version) != version { unreached.append(id.description) }
        }
        for id in request.removals.keys {
            let isPresent = inventory.packages.contains { $0.isPresent && $0.id == id }
            let isRemoved = changes.contains { $0.id == id && $0.to == nil }
            if isPresent && !isRemoved { unreached.append(id.description) }
        }
        guard unreached.isEmpty else {
            throw PackageError(
                .unsatisfiable,
                "apt finds no way to bring about what is asked of \(quoted(unreached.sorted()))",
                packages: unreached.sorted())
        }
    }

    /// The plan with what the judge says, and with packages of which only configuration would go.
    private func judged(
        _ changes: [PackageChange], database: DpkgDatabase
    ) async throws(PackageError) -> Plan {
        let inventory = database.inventory
        let judge = PlanJudge(
            request: request, changes: changes, inventory: inventory, essential: database.essential)
        var records: [CandidateRecord] = []
        if judge.needsRecords {
            let names = changes.sorted { $0.id < $1.id }.compactMap { change in
                change.to.map { "\(change.id.aptName(native: inventory.native))=\($0)" }
            }
            // A record that is missing determines nothing: so the status says nothing that the judge would
            // not see.
            records = CandidateRecord.parse(try await command.cache(["show"] + names).output)
        }
        let purges = inventory.packages.filter {
            $0.state == .configFiles && request.removals[$0.id] == true
        }
        return Plan(
            request: request,
            changes: changes + purges.map { PackageChange(id: $0.id, from: $0.version, to: nil) },
            refusals: judge.refusals(records: records))
    }

    /// Why apt found no plan, though every version is offered: a lock, or packages that do not fit together.
    private func explain(_ output: ChildOutput) -> PackageError {
        AptFailure(configuration: configuration, ownSources: request.sources != nil).error(
            output.outputText + output.errorText, otherwise: .unsatisfiable)
    }
}

/// Names in quotes, as messages list them.
func quoted(_ names: [String]) -> String {
    names.map { "'\($0)'" }.joined(separator: ", ")
}
