import FleetCore
import FleetPackages
import FleetReconciler
import FleetTesting

/// A repository, a root and the package system on it: all real, all in a folder of their own.
struct AptSandbox {
    let folder: TemporaryFolder
    let repository: SandboxRepository
    let root: SandboxRoot
    let configuration: AptConfiguration

    var packages: AptPackages { AptPackages(configuration) }

    /// - Parameter offered: what the repository has at first.
    init(
        _ offered: [SandboxPackage], foreignArchitectures: [String] = [],
        lockTimeout: TimeSpan = TimeSpan(seconds: 60), storeLimit: ByteCount = ByteCount(mebibytes: 64)
    ) async throws {
        folder = try TemporaryFolder("apt")
        repository = try await SandboxRepository(path: folder.path("repository"))
        try await repository.add(offered)
        root = try SandboxRoot(
            path: folder.path("root"), sources: ["test": repository.sourceList],
            foreignArchitectures: foreignArchitectures)
        configuration = AptConfiguration(
            root: root.path, workspace: folder.path("workspace"), store: folder.path("packages"),
            storeLimit: storeLimit, lockTimeout: lockTimeout)
    }

    /// A change request in written forms: pins by entry key, targets and removals by package with
    /// architecture.
    static func request(
        pins: [String: String] = [:], targets: [String: String] = [:], removals: [String: Bool] = [:],
        sha256: [String: Digest] = [:], automatic: [String] = [], sources: [SourceList]? = nil
    ) throws -> ChangeRequest {
        ChangeRequest(
            pins: try pins.map { Pin(key: try parse($0.key), version: try parse($0.value)) },
            targets: try Dictionary(
                uniqueKeysWithValues: targets.map { (try parse($0.key), try parse($0.value)) }),
            removals: try Dictionary(uniqueKeysWithValues: removals.map { (try parse($0.key), $0.value) }),
            sha256: try Dictionary(uniqueKeysWithValues: sha256.map { (try parse($0.key), $0.value) }),
            automatic: Set(try automatic.map { try parse($0) }), sources: sources)
    }

    /// Plans, downloads and applies.
    @discardableResult
    func carryOut(_ request: ChangeRequest) async throws -> ManagerOutput {
        let plan = try await packages.plan(request)
        if !plan.refusals.isEmpty { throw RefusedPlan(refusals: plan.refusals) }
        try await packages.download(plan)
        return try await packages.apply(plan) { _ in }
    }

    /// Installs packages by their exact versions, as a state to begin with.
    func install(_ targets: [String: String]) async throws {
        try await carryOut(Self.request(targets: targets))
    }

    /// The versions of all packages that are there, by package with architecture.
    func versions() async throws -> [String: String] {
        let present = try await packages.inventory().packages.filter { $0.state != .configFiles }
        return Dictionary(uniqueKeysWithValues: present.map { ($0.id.description, $0.version.description) })
    }

    /// The states by package with architecture.
    func states() async throws -> [String: PackageState] {
        let all = try await packages.inventory().packages
        return Dictionary(uniqueKeysWithValues: all.map { ($0.id.description, $0.state) })
    }

    /// Runs a host's program on the root's database.
    @discardableResult
    func dpkg(_ arguments: String...) throws -> CommandResult {
        try runSuccessfully(["dpkg", "--root=\(root.path)", "--log=/dev/null"] + arguments)
    }
}

/// A plan that the test did not expect to be refused.
struct RefusedPlan: Error {
    let refusals: [PlanRefusal]
}

/// A text that is not what its type expects.
struct NotParsed: Error {
    let text: String
}

/// The value of a written form.
func parse<Value: TextValue>(_ text: String) throws -> Value {
    guard let value = Value(text) else { throw NotParsed(text: text) }
    return value
}

/// Debian's name of this machine's architecture, and one that is foreign to it.
enum Machine {
    static let native = (try? runSuccessfully(["dpkg", "--print-architecture"]).text) ?? ""
    static let foreign = native == "i386" ? "amd64" : "i386"
}
