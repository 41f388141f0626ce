internal import FleetCore
internal import FleetReconciler
internal import Subprocess
internal import Synchronization

/// One run of apt that changes packages.
///
/// apt is given every change of the plan by name and version, dependencies too, so that it can do nothing
/// else than what was judged. Once it runs it is let run: it has a session of its own, the cancellation of
/// our task does not reach it, and it writes to files, not to pipes, so that our own death does not end it
/// either.
struct AptTransaction {
    let configuration: AptConfiguration
    let plan: Plan
    private let patience: ManagerPatience
    private let command: AptCommand

    init(_ configuration: AptConfiguration, plan: Plan, patience: ManagerPatience) {
        self.configuration = configuration
        self.plan = plan
        self.patience = patience
        command = AptCommand(configuration)
    }

    /// The words of `apt-get` after its options that name every change of a plan.
    static func installation(of plan: Plan, in inventory: Inventory) -> [String] {
        let damaged = Set(inventory.packages.filter(\.needsReinstallation).map(\.id))
        let isReinstalling = plan.changes.contains { $0.to == $0.from && damaged.contains($0.id) }
        // What is merely not configured is configured without being named.
        let named = plan.changes.filter { !isReinstalling || $0.to != $0.from || damaged.contains($0.id) }
        let names = named.map { change in
            let name = change.id.aptName(native: inventory.native)
            return change.to.map { "\(name)=\($0)" } ?? "\(name)-"
        }
        return ["--fix-broken"] + (isReinstalling ? ["--reinstall"] : []) + ["install"] + names
    }

    /// Carries the plan out, as ``PackageSystem`` describes it.
    func run(
        _ progress: (PackageProgress) -> Void, stalled: (StalledManager) async -> Void
    ) async throws(PackageError) -> ManagerOutput {
        let before = try DpkgDatabase(folder: configuration.databaseFolder).inventory
        let marks = try AutomaticMarks(path: marksFile)
        try AptOptionFiles(configuration: configuration).write(for: plan.request, from: plan.origin)
        let present = Set(before.packages.filter(\.isPresent).map(\.id))
        // What has only configuration left is nothing to apt; the purge below takes it.
        let work = Plan(
            request: plan.request, changes: plan.changes.filter { $0.to != nil || present.contains($0.id) })
        let clock = ContinuousClock()
        let start = clock.now
        var outcome = AptOutcome()
        try await DebconfPreseed(configuration).answer(for: plan)
        if !work.changes.isEmpty { outcome = try await change(work, before: before, progress, stalled) }
        // From here on something has changed: what goes wrong is told, not thrown.
        do throws(PackageError) {
            if !work.changes.isEmpty { try await restore(marks, before: before) }
            try await purge(&outcome)
        } catch {
            outcome.add("\n\(error.message)\n", status: 1)
        }
        return ManagerOutput(
            status: outcome.status, log: outcome.log, failures: outcome.failures,
            duration: (clock.now - start).timeSpan)
    }

    private var marksFile: String { configuration.path("var/lib/apt/extended_states") }
    private var logFile: String { configuration.workspacePath("transaction.log") }
    private var statusFile: String { configuration.workspacePath("transaction.status") }

    private func change(
        _ work: Plan, before: Inventory, _ progress: (PackageProgress) -> Void,
        _ stalled: (StalledManager) async -> Void
    ) async throws(PackageError) -> AptOutcome {
        let native = before.native
        try mappingFileErrors { () throws(FileError) in
            try writeFile(logFile, "")
            try writeFile(statusFile, "")
        }
        let mayRemove = work.changes.contains { $0.to == nil }
        let arguments = command.getArguments(
            ["--no-download", "-o", "APT::Status-Fd=3"] + (mayRemove ? [] : ["--no-remove"])
                + Self.installation(of: work, in: before))
        let environment = command.environment
        let files = [statusFile, logFile]
        // A task of its own, not a child: what cancels us must not cancel it.
        let manager = Task { () async -> Result<Int, PackageError> in
            await Self.start(arguments, environment: environment, files: files)
        }
        var reader = StatusReader(path: statusFile)
        let wait = ManagerWait(configuration: configuration, patience: patience)
        let result = await wait.end(of: manager, tick: { reader.read(progress) }, stalled: stalled)
        reader.read(progress)
        let log = readTail(of: logFile, count: AptOutcome.logLength)
        let status = try result.get()
        guard status == 0 || reader.hasBegun || hasChanged(since: before) else {
            throw AptFailure(configuration: configuration, sources: plan.request.sources)
                .error(readTail(of: logFile, count: 65_536), otherwise: .unsatisfiable)
        }
        return AptOutcome(
            status: status, log: log, failures: reader.failures(of: work, native: native))
    }

    /// Whether dpkg has changed something, though apt could not say so: what is told lies on a disk, too, and
    /// that may be full.
    private func hasChanged(since before: Inventory) -> Bool {
        guard let database = try? DpkgDatabase(folder: configuration.databaseFolder) else { return true }
        return database.inventory.packages != before.packages
    }

    /// Runs apt with its progress and its output in files.
    ///
    /// The library gives a child three descriptors; apt wants a fourth one for its progress. A shell opens
    /// it and becomes apt.
    private static func start(
        _ arguments: [String], environment: [String: String], files: [String]
    ) async -> Result<Int, PackageError> {
        let script = #"status=$1; log=$2; shift 2; exec "$@" 3>>"$status" >>"$log" 2>&1"#
        do {
            let output = try await runChild(
                ["sh", "-c", script, "sh"] + files + arguments, environment: environment)
            return .success(output.status)
        } catch {
            return .failure(error)
        }
    }

    /// Puts the automatic marks back: apt takes each package that is named to it as asked for by a person.
    private func restore(_ marks: AutomaticMarks, before: Inventory) async throws(PackageError) {
        let native = before.native
        let after = try AutomaticMarks(path: marksFile)
        let known = Set(before.packages.filter(\.isPresent).map(\.id))
        let asked = plan.request.targets.keys
        let automatic = try DpkgDatabase(folder: configuration.databaseFolder).inventory.packages.filter {
            package in
            guard package.isPresent else { return false }
            if plan.request.automatic.contains(where: { package.id.answers($0, native: native) }) {
                return true
            }
            if known.contains(package.id) { return marks.contains(package.id, native: native) }
            // New: a dependency, unless the request asks for it.
            return !asked.contains { package.id.answers($0, native: native) }
        }
        let names = automatic.filter { !after.contains($0.id, native: native) }
            .map { $0.id.aptName(native: native) }
        guard !names.isEmpty else { return }
        let output = try await command.mark("auto", names)
        guard output.succeeded else {
            throw PackageError(
                .unreadable, "cannot mark as automatically installed: \(quoted(names)): \(output.errorText)")
        }
    }

    /// Takes the configuration of removed packages that the request wants gone with it.
    private func purge(_ outcome: inout AptOutcome) async throws(PackageError) {
        guard plan.request.removals.values.contains(true) else { return }
        let left = try DpkgDatabase(folder: configuration.databaseFolder).inventory.packages.filter {
            $0.state == .configFiles && plan.request.removals[$0.id] == true
        }
        guard !left.isEmpty else { return }
        let purge = try await command.dpkg(["--purge"] + left.map(\.id.description))
        outcome.add(purge.outputText + purge.errorText, status: purge.status)
    }
}

/// What apt and dpkg said, so far.
private struct AptOutcome {
    var status = 0
    var log = ""
    var failures: [PackageID: String] = [:]

    /// How much of the end of the output is told, in bytes.
    static let logLength = 4_096

    /// Adds what a further step wrote; the first status that is not 0 stays.
    mutating func add(_ output: String, status: Int) {
        log = String(decoding: (log + output).utf8.suffix(Self.logLength), as: UTF8.self)
        if self.status == 0 { self.status = status }
    }
}

extension Duration {
    /// This length in the fleet's own type.
    fileprivate var timeSpan: TimeSpan {
        let (seconds, attoseconds) = components
        return TimeSpan(seconds: seconds) + TimeSpan(milliseconds: attoseconds / 1_000_000_000_000_000)
    }
}

/// Reads what apt appends to its status file, as far as it has come.
private struct StatusReader {
    let path: String
    private var offset = 0
    private var rest: [UInt8] = []
    /// Whether dpkg was started.
    private(set) var hasBegun = false
    private var messages: [String: String] = [:]

    init(path: String) { self.path = path }

    /// Reads all whole lines that were added.
    mutating func read(_ progress: (PackageProgress) -> Void) {
        while true {
            let piece = readFile(path, from: offset, count: 65_536)
            guard !piece.isEmpty else { return }
            offset += piece.count
            rest += piece
            while let end = rest.firstIndex(of: 0x0A) {
                let line = String(decoding: rest[..<end], as: UTF8.self)
                rest.removeSubrange(...end)
                switch AptStatusLine(line[...]) {
                case .progress(let step):
                    hasBegun = true
                    progress(step)
                case .failure(let package, let message):
                    hasBegun = true
                    // The disk's fault is not the package's: what it left half done is tried again.
                    if !Self.isOfDisk(message) { messages[package] = message }
                case nil: break
                }
            }
        }
    }

    /// The failures by the packages of the plan. What apt names otherwise, such as a file, belongs to the
    /// package whose file it is.
    func failures(of plan: Plan, native: Architecture) -> [PackageID: String] {
        var failures: [PackageID: String] = [:]
        for (written, message) in messages {
            for change in plan.changes where Self.means(written, change.id, native: native) {
                failures[change.id] = message
            }
        }
        return failures
    }

    /// Whether a message of dpkg says that the disk is full, broken or read-only (errno(3), in LC_ALL=C).
    private static func isOfDisk(_ message: String) -> Bool {
        [
            "No space left on device", "Disk quota exceeded", "Input/output error", "Read-only file system",
        ].contains { message.contains($0) }
    }

    private static func means(_ written: String, _ id: PackageID, native: Architecture) -> Bool {
        let name = written.split(separator: "/").last.map(String.init) ?? written
        return name == id.aptName(native: native) || name == "\(id)"
            || name == "\(id.name)" && (id.architecture == native || id.architecture == .all)
            || written.contains("/") && name.hasPrefix("\(id.name)_")
                && name.hasSuffix("_\(id.architecture).deb")
    }
}
