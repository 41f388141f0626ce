internal import FleetCore
internal import FleetReconciler

/// Finds the plan for a request: writes the options, lets apt simulate, explains what it refuses, judges
/// what it would do.
///
/// Versions are exact, so indexes need not be new, only to have them: sources are asked again (`apt-get
/// update`) when a version is not in the indexes at hand, or when the request brings other sources than the
/// last one. What goes back is planned from the files that the node has kept, if they suffice: then no source
/// is asked. Otherwise kept files stand in for what no source offers.
struct AptPlanner {
    let configuration: AptConfiguration
    let request: ChangeRequest
    private let command: AptCommand
    private let sources: AptSources
    private let kept: KeptIndex
    private let options: AptOptionFiles
    /// Packages that are made whole in the version that they have, besides what is asked for.
    private let damaged: Set<PackageID>

    init(
        _ configuration: AptConfiguration, request: ChangeRequest, damaged: Set<PackageID> = []
    ) {
        self.configuration = configuration
        self.damaged = damaged
        self.request = request
        command = AptCommand(configuration)
        sources = AptSources(configuration, request: request)
        kept = KeptIndex(configuration)
        options = AptOptionFiles(configuration: configuration)
    }

    /// The plan, with the refusals of ``PlanJudge``.
    ///
    /// - Throws: ``PackageError`` if apt finds none.
    func plan() async throws(PackageError) -> Plan {
        let database = try DpkgDatabase(folder: configuration.databaseFolder)
        try checkHolds(database.inventory)
        guard !request.isEmpty else {
            try options.write(for: request)
            return Plan(request: request, changes: [])
        }
        let damaged = damagedBesides(in: database.inventory)
        guard damaged.isEmpty else { return try await plan(with: damaged, in: database) }
        return try await plan(in: database)
    }

    /// The installed packages whose files are not whole and that the request leaves as they are.
    private func damagedBesides(in inventory: Inventory) -> [InstalledPackage] {
        guard damaged.isEmpty else { return [] }
        return inventory.packages.filter { package in
            package.isPresent && package.needsReinstallation
                && !(Array(request.targets.keys) + Array(request.removals.keys)).contains {
                    package.id.answers($0, native: inventory.native)
                }
        }
    }

    /// The plan that makes damaged packages whole besides: apt does nothing at all while it knows no file for
    /// one that needs reinstallation, whoever has damaged it.
    private func plan(
        with damaged: [InstalledPackage], in database: DpkgDatabase
    ) async throws(PackageError) -> Plan {
        var wider = request
        for package in damaged { wider.targets[package.id] = package.version }
        let repair: PackageError
        do {
            let planner = AptPlanner(configuration, request: wider, damaged: Set(damaged.map(\.id)))
            let plan = try await planner.plan(in: database)
            return Plan(
                request: request, changes: plan.changes, refusals: plan.refusals, origin: plan.origin)
        } catch {
            guard [.unavailable, .unsatisfiable].contains(error.code) else { throw error }
            repair = error
        }
        let names = damaged.map(\.id.description)
        var remedy = "offer that version"
        do {
            let plan = try await plan(in: database)
            // apt takes what is offered in its stead: only the baseline may say so.
            let refusal = plan.refusals.first { refusal in damaged.contains { $0.id == refusal.package } }
            guard let refusal else { return plan }
            remedy += ", or add '\(refusal.line)' to the baseline"
        } catch {
            guard error.code == .unsatisfiable else { throw error }
        }
        throw PackageError(
            .broken,
            "apt does nothing while \(quoted(names)) must be installed again, and that cannot be done: "
                + "\(repair.message); \(remedy); or install its file by 'dpkg --install', or remove it by "
                + "'dpkg --remove --force-remove-reinstreq'", packages: names)
    }

    private func plan(in database: DpkgDatabase) async throws(PackageError) -> Plan {
        if request.isReturn, let plan = try await keptPlan(database) { return plan }
        try options.write(for: request)
        let isFresh = try await sources.updateIfOthers()
        var attempt = Attempt(
            output: try await simulate(request.targets, inventory: database.inventory),
            versions: request.targets, origin: .sources)
        if !attempt.output.succeeded {
            attempt = try await secondAttempt(isFresh: isFresh, inventory: database.inventory)
        }
        guard attempt.output.succeeded else { throw explain(attempt.output) }
        return try await plan(of: attempt, database: database)
    }

    /// A simulation that was tried.
    private struct Attempt {
        let output: ChildOutput
        let versions: [PackageID: PackageVersion]
        let origin: Plan.Origin
    }

    private func plan(of attempt: Attempt, database: DpkgDatabase) async throws(PackageError) -> Plan {
        let changes = try AptSimulation(attempt.output.outputText).changes(of: database.inventory)
        try checkReached(changes, versions: attempt.versions, inventory: database.inventory)
        return try await judged(changes, from: attempt.origin, database: database)
    }

    /// The plan that needs no source: everything that would come in is kept; nil if there is none.
    private func keptPlan(_ database: DpkgDatabase) async throws(PackageError) -> Plan? {
        let inventory = database.inventory
        let well = inventory.packages.filter { $0.state == .installed || $0.state == .triggersPending }
        let pending = request.targets.filter { id, version in
            !well.contains { $0.id.answers(id, native: inventory.native) && $0.version == version }
        }.map(\.key)
        let packages = kept.packages(
            for: request, targets: pending, damaged: damaged, inventory: inventory)
        guard packages.count == pending.count else { return nil }
        try await kept.write(packages)
        try options.write(for: request, from: .kept)
        let versions = resolved(
            with: kept.offers(packages, native: inventory.native), inventory: inventory)
        let attempt = Attempt(
            output: try await simulate(versions, inventory: inventory), versions: versions, origin: .kept)
        guard attempt.output.succeeded, let plan = try? await plan(of: attempt, database: database),
            plan.refusals.isEmpty
        else { return nil }
        return plan
    }

    /// The simulation with the versions that are offered, after a look at newer indexes if one is missing in
    /// those at hand, and with kept files for what no source offers.
    private func secondAttempt(isFresh: Bool, inventory: Inventory) async throws(PackageError) -> Attempt {
        let targets = Array(request.targets.keys)
        var offers = try await sources.offers(of: targets, inventory: inventory)
        var origin = Plan.Origin.sources
        var packages = keptPackages(missingIn: offers, inventory: inventory)
        if !isFresh, packages.count < missing(in: offers, inventory: inventory).count {
            try await sources.update()
            offers = try await sources.offers(of: targets, inventory: inventory)
            packages = keptPackages(missingIn: offers, inventory: inventory)
        }
        if !packages.isEmpty {
            offers += kept.offers(packages, native: inventory.native)
            origin = .sourcesAndKept
            try await kept.write(packages)
            try options.write(for: request, from: origin)
        }
        try await failIfUnavailable(offers, inventory: inventory)
        let versions = resolved(with: offers, inventory: inventory)
        return Attempt(
            output: try await simulate(versions, inventory: inventory), versions: versions, origin: origin)
    }

    private func keptPackages(missingIn offers: [Offer], inventory: Inventory) -> [KeptPackage] {
        kept.packages(
            for: request, targets: missing(in: offers, inventory: inventory), damaged: damaged,
            inventory: inventory)
    }

    private func simulate(
        _ versions: [PackageID: PackageVersion], inventory: Inventory
    ) async throws(PackageError) -> ChildOutput {
        let native = inventory.native
        // To remove an essential package is refused by the judge, who can say so; apt would only fail.
        var arguments = ["--simulate", "--allow-remove-essential", "--fix-broken"]
        let present = inventory.packages.filter(\.isPresent)
        let damaged = present.filter(\.needsReinstallation)
        let isReinstalling = damaged.contains { package in
            versions.contains { package.id.answers($0.key, native: native) && package.version == $0.value }
        }
        // apt itself keeps a damaged package that has the right version. The option is for all that are
        // named, so those that are whole are not: one that is merely not configured, apt would unpack again
        // and then miss its file ("No file name").
        if isReinstalling { arguments.append("--reinstall") }
        arguments.append("install")
        for (id, version) in versions.sorted(by: { $0.key < $1.key }) {
            let isWhole = present.contains {
                $0.id.answers(id, native: native) && $0.version == version && !$0.needsReinstallation
            }
            if isReinstalling, isWhole { continue }
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
        // Nothing installs again what is there.
        let installed = inventory.packages
            .first { $0.id == id && $0.isPresent && !$0.needsReinstallation }?.version
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

    private func failIfUnavailable(
        _ offers: [Offer], inventory: Inventory
    ) async throws(PackageError) {
        let missing = missing(in: offers, inventory: inventory)
        guard !missing.isEmpty else { return }
        var sentences: [String] = []
        for id in missing {
            let name = id.aptName(native: inventory.native)
            let others = offers.filter { $0.aptName == name }
            let wanted = request.targets[id].map(\.description) ?? ""
            let what = "no source offers '\(id)' in version \(wanted)"
            if others.isEmpty {
                let providers = try await sources.providers(of: name)
                let names = "it is the name of no package, but \(quoted(providers)) provide it"
                let virtual = providers.isEmpty ? "" : "; \(names): name one of these"
                sentences.append(what + ", nor in any other" + virtual)
            } else {
                let list = others.map { "\($0.version) (\($0.source))" }.joined(separator: ", ")
                sentences.append("\(what); offered: \(list)")
            }
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
        _ changes: [PackageChange], from origin: Plan.Origin, database: DpkgDatabase
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
            refusals: judge.refusals(records: records), origin: origin)
    }

    /// Why apt found no plan, though every version is offered: a lock, or packages that do not fit together.
    private func explain(_ output: ChildOutput) -> PackageError {
        AptFailure(configuration: configuration, sources: request.sources).error(
            output.outputText + output.errorText, otherwise: .unsatisfiable)
    }
}

/// Names in quotes, as messages list them.
func quoted(_ names: [String]) -> String {
    names.map { "'\($0)'" }.joined(separator: ", ")
}
