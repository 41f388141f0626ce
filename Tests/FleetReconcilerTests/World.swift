import FleetCore
import FleetReconciler
import FleetTesting
import Logging

/// A node with its repository, packages, disk and remote in memory, and a switch that cuts the power at any
/// step.
final class World {
    // The repository.
    var history = "A"
    var gate = GateSetting.none
    var packages: [String: [String: String]] = [:]
    var checks: [Check] = []
    var retry: String?
    var attempts = 3
    var soaks: [TimeSpan] = []
    var supersede = Supersede.newest
    var prefetch = Prefetch.declared
    var holds: [Reason] = []
    var windows: [Window] = []
    var freezes: [Freeze] = []
    /// The key that the fleet lists for the node.
    var listedKey = "ssh-ed25519 AAAA"
    /// For how long nothing new may be heard of the branch.
    var freshness: TimeSpan?
    /// When the newest commit was made.
    var markDate: Timestamp?
    var mayAdmit = true
    var isMember = true
    var evidence = Evidence.none
    var budget: Budget?
    /// Why the baselines of these letters are urgent.
    var urgent: [String: Urgency] = [:]
    var whenUrgent: UrgentRules?
    var missed = MissedWindows.wait
    var declaredAt: [Declaration: Timestamp] = [:]
    var labels = ["site": "berlin-3"]
    /// What was asked of the source.
    var needs: [EvidenceNeed] = []
    /// What asking the remotes brings.
    var answers = Answers()
    /// Why the evidence cannot be read.
    var evidenceCondition: Reason?

    // The machine.
    var zones: [ZoneName: ZoneRules] = [:]

    // The packages.
    var installed: [PackageID: InstalledPackage] = [:]
    /// What the package manager throws at these steps.
    var planError: PackageError?
    var downloadError: PackageError?
    /// The requests for which everything was downloaded.
    var downloaded: Set<ChangeRequest> = []
    /// How long it takes to get everything.
    var downloadTime = TimeSpan.zero
    /// How long it takes to claim a share of the budget.
    var claimTime = TimeSpan.zero
    var applyError: PackageError?
    var keepError: PackageError?
    var irreversible = IrreversiblePolicy.refuse
    /// What cannot be kept.
    var unkept: [UnkeptPackage] = []
    /// What was asked to be kept.
    var kept: [(needed: [PackageChange], isDemanded: Bool)] = []
    var refusals: [PlanRefusal] = []
    /// Packages whose maintainer script fails in this version.
    var badScripts: [String: String] = [:]
    /// Says of a check whether it is well.
    var isWell: (String, [PackageID: InstalledPackage]) -> Bool = { _, _ in true }
    /// How long a check that is bad needs until it is well, where it gets time to settle; nil for ever.
    var timeToSettle: TimeSpan?
    /// The names of the checks that got time to settle, for each run.
    var settled: [Set<String>] = []
    var applied: [[PackageChange]] = []
    /// How often a plan was asked for.
    var plans = 0
    /// Other updaters that are not masked.
    var updaters: [String] = []
    var updatersPolicy = UpdatersPolicy.report
    /// Those whose package is gone, and how often one was to be put back.
    var goneUpdaters: Set<String> = []
    var restoredUpdaters = 0
    /// What is found on the machine, and how often it was looked for.
    var findings = MachineFindings()
    var scans = 0
    /// After how long, each time, the manager that is at work is found to be stalled.
    var stalls: [TimeSpan] = []
    /// Called before the manager is found stalled for the n-th time.
    var onStall: (Int) -> Void = { _ in }
    /// A manager that works on although the cycle that started it was killed.
    var atWork: StalledManager?
    /// Whether dpkg's journal says that it was interrupted.
    var isInterrupted = false

    // The running machine.
    /// The release of the kernel that runs, and what the boot loader was told to boot next.
    var kernel = "6.1.0-40-amd64"
    var bootDefault: String?
    var bootLoaderError: MachineError?
    /// What was to boot next when packages were last changed.
    var bootDefaultAtChange: String?
    /// How many kernels the baselines leave installed.
    var kernels: Int?
    var rebootPolicy = RebootPolicy.whenRequired
    var restartable: [String] = []
    var rebootObstacle: String?
    var rebootError: MachineError?
    var rebootsWhenAsked = true
    /// Packages whose versions take effect after a reboot only; what was installed when the machine booted.
    var needsReboot: Set<String> = []
    var booted: [PackageID: InstalledPackage] = [:]
    /// Whether a reboot changes nothing.
    var rebootIsInVain = false
    /// In which boots a reboot was asked for.
    var asked: [Int] = []
    var outdated: [OutdatedService] = []
    /// Services of a package that run old code once it has changed.
    var services: [String: String] = [:]
    var stubborn: Set<String> = []
    var restarted: [String] = []
    var restartedLater: [String] = []
    var serviceError: MachineError?
    var looksAtServices = 0

    // The disk.
    var disk: [UInt8]?
    var saves = 0

    /// A file on the node holds it from this look of a cycle on: the first is at its beginning, the next ones
    /// right before a change begins.
    var heldAtLook: Int?

    // The remote.
    /// The key that signs, and the one that waits.
    var key = "ssh-ed25519 AAAA"
    var nextKey: String?
    /// Why a server does not let the next key in.
    var keyError: StatusError?
    /// The key that signed each report.
    var signers: [String] = []
    var written: [(id: CommitID, report: Report, receipt: Receipt?)] = []
    var pushed: [CommitID] = []
    var push: ReportDelivery = .pushed
    /// Where the fleet wants the reports.
    var place: Digest?
    var writeError: StatusError?
    var remote: RemoteChain?
    let ledger = FakeLedgerState()

    // The power.
    var steps = 0
    /// The step at which the power is cut; nil for none.
    var cutAt: Int?
    var isDead = false

    private(set) var clock: Int64 = 0
    /// For how long the manager has stalled in this cycle.
    private(set) var stalled = Elapsed()
    /// Whether the wall clock is known to be right.
    var isWallKnown = true
    /// How far the wall clock is off, in seconds.
    var wallOffset: Int64 = 0
    /// Seconds between two cycles.
    var pace: Int64 = 300
    var boot = 1
    private var bootedAt: Int64 = 0

    init(installed: [String] = []) {
        self.installed = Dictionary(
            uniqueKeysWithValues: Inventory.sample(installed).packages.map { ($0.id, $0) })
        booted = self.installed
    }

    /// Runs a cycle, ``pace`` after the last.
    @discardableResult
    func cycle() async throws -> CycleOutcome {
        clock += pace
        let asked = Readings()
        let looks = Readings()
        stalled = Elapsed()
        var reconciler = Reconciler(
            source: FakeSource(world: self), packages: FakePackages(world: self),
            machine: FakeMachine(world: self), status: FakeStatus(world: self), store: FakeStore(world: self),
            claims: FakeLedger(world: self),
            settings: CycleSettings(
                interval: TimeSpan(seconds: 300),
                localHolds: { [heldAtLook] _ in
                    looks.count += 1
                    let isHeld = heldAtLook.map { $0 <= looks.count } ?? false
                    return isHeld ? [Reason(.localHold, "a payment is running")] : []
                },
                readAgain: { [downloadTime, claimTime, stalled] reading in
                    asked.count += 1
                    let passed = downloadTime + (asked.count > 1 ? claimTime : .zero) + stalled.time
                    return Instant(
                        wall: reading.wall + passed, isWallKnown: reading.isWallKnown,
                        bootID: reading.bootID, sinceBoot: reading.sinceBoot + passed)
                }),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let reading = Instant.at(clock, boot: "boot-\(boot)")
        return try await reconciler.cycle(
            at: Instant(
                wall: Timestamp(seconds: reading.wall.seconds + wallOffset),
                isWallKnown: isWallKnown, bootID: reading.bootID,
                sinceBoot: TimeSpan(seconds: clock - bootedAt)))
    }

    /// A manager that waits for a script.
    static func manager(for age: TimeSpan) -> StalledManager {
        StalledManager(processes: [
            StalledManager.Process(id: 100, depth: 0, name: "apt-get", state: "sleeping", age: age),
            StalledManager.Process(id: 101, depth: 1, name: "postinst of nginx", state: "sleeping", age: age),
        ])
    }

    /// Counts a step that has an effect.
    ///
    /// - Returns: whether there is power for it.
    func step() -> Bool {
        guard !isDead else { return false }
        steps += 1
        isDead = steps == cutAt
        return !isDead
    }

    /// Starts the machine again after a power cut.
    func restart() {
        isDead = false
        cutAt = nil
        bootAnew()
    }

    /// Boots the machine anew.
    func bootAnew() {
        boot += 1
        bootedAt = clock
        kernel = bootDefault ?? kernel
        if !rebootIsInVain { booted = installed }
        outdated = []
    }

    var memory: NodeState {
        get throws {
            guard let disk else { return NodeState() }
            return try NodeState(json: JSONValue(parsing: disk))
        }
    }

    var membership: Membership {
        .sample(
            history, gate: gate, packages: packages, retry: retry, attempts: attempts, checks: checks,
            windows: windows, freezes: freezes, soaks: soaks, supersede: supersede,
            budget: budget, labels: labels, prefetch: prefetch, irreversible: irreversible,
            urgent: urgent, whenUrgent: whenUrgent, missed: missed, declaredAt: declaredAt,
            updaters: updatersPolicy, reboot: rebootPolicy, restart: restartable, kernels: kernels,
            freshness: freshness, key: listedKey)
    }

    func version(of package: String) -> String? { installed[.of("\(package):amd64")]?.version.description }
}

struct FakeSource: FleetSource {
    let world: World

    func fetch(_ memory: NodeState) async -> Answers { world.answers }

    func follow(_ memory: NodeState) throws(SourceError) -> Following {
        let tip = CommitID.number(world.history.split(separator: " ").count)
        return Following(
            mark: tip, followed: tip, introduction: .number(1),
            stacks: [.of("base"): world.membership.stack], mayAdmit: world.mayAdmit, conditions: [],
            holdsAt: tip, markDate: world.markDate)
    }

    func read(_ following: Following, memory: NodeState) throws(SourceError) -> Desired {
        Desired(
            commit: following.followed,
            standing: world.isMember ? .member(world.membership) : .absent(awaited: "atm-1.yaml"),
            mayAdmit: following.mayAdmit, holds: world.holds)
    }

    func evidence(
        of need: EvidenceNeed, for desired: Desired, memory: NodeState, at now: Instant
    ) async -> EvidenceReading {
        world.needs.append(need)
        return EvidenceReading(
            evidence: world.evidence, peers: memory.peers, condition: world.evidenceCondition)
    }
}

struct FakeStore: StateStore {
    let world: World

    func load() throws(StoreError) -> NodeState? {
        guard let disk = world.disk else { return nil }
        do {
            return try NodeState(json: JSONValue(parsing: disk))
        } catch {
            throw StoreError(.damaged, "\(error)")
        }
    }

    func save(_ state: NodeState) throws(StoreError) {
        guard world.step() else { throw StoreError(.unwritable, "no power") }
        world.saves += 1
        world.disk = state.json.documentBytes
    }
}

struct FakeStatus: StatusSink {
    let world: World

    var key: String { world.key }

    func isNext(_ key: String) throws(StatusError) -> Bool {
        guard world.nextKey == key else { return false }
        if let error = world.keyError { throw error }
        return true
    }

    func takeNextKey() throws(StatusError) {
        guard world.step(), let next = world.nextKey else { throw StatusError("no power") }
        world.key = next
        world.nextKey = nil
    }

    func number(in chain: CommitID) -> Int? {
        world.signers.lastIndex(of: world.key).map { world.written[$0].report.sequence }
    }

    func write(_ report: Report, receipt: Receipt?) throws(StatusError) -> CommitID {
        guard world.step() else { throw StatusError("no power") }
        if let error = world.writeError { throw error }
        let id = CommitID.number(0x1000 + world.written.count)
        world.written.append((id, report, receipt))
        world.signers.append(world.key)
        return id
    }

    func push(_ id: CommitID) async -> ReportDelivery {
        guard world.step() else { return .unreachable("no power") }
        if case .pushed = world.push { world.pushed.append(id) }
        return world.push
    }

    func remoteChain() async throws(StatusError) -> RemoteChain? { world.remote }

    var destination: Digest? { world.place }
}

/// Time that passes within a cycle; in one task alone.
final class Elapsed: @unchecked Sendable {
    var time = TimeSpan.zero
}

/// How often a cycle has asked for something; it asks in one task alone.
private final class Readings: @unchecked Sendable {
    var count = 0
}
