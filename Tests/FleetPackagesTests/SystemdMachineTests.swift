import FleetCore
import FleetReconciler
import FleetTesting
import Testing

@testable import FleetPackages

/// Services and boots, by programs of the tests' own in the place of systemd's and needrestart's.
@Suite(.timeLimit(.minutes(15)))
struct SystemdMachineTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder("machine")
        try folder.makeFolder("proc")
        try program("systemctl", "echo \"$@\" >> \(folder.path("calls"))")
    }

    private func program(_ name: String, _ script: String) throws {
        try folder.write("#!/bin/sh\n\(script)\n", to: "bin/\(name)", mode: 0o755)
    }

    private func machine(isRunningSystem: Bool = true) -> SystemdMachine {
        SystemdMachine(
            root: isRunningSystem ? "/" : folder.path,
            searchPath: folder.path("bin") + ":" + AptConfiguration.defaultSearchPath,
            isRunningSystem: isRunningSystem, processes: folder.path("proc"))
    }

    private var calls: [String] {
        ((try? folder.read("calls")) ?? "").split(separator: "\n").map(String.init)
    }

    /// A process as proc(5) shows it.
    private func process(_ id: String, cgroup: String, maps: [String], root: String = "/") throws {
        try folder.write(cgroup + "\n", to: "proc/\(id)/cgroup")
        try folder.write(maps.map { $0 + "\n" }.joined(), to: "proc/\(id)/maps")
        try runSuccessfully(["ln", "-s", root, folder.path("proc/\(id)/root")])
    }

    private static let library = "7f00-7f10 r-xp 00000000 fe:00 1234   /usr/lib/x86_64-linux-gnu/libx.so.1"

    @Test func `what needrestart prints is read, and nothing else is`() throws {
        let output = try #require(
            NeedrestartOutput(
                """
                NEEDRESTART-VER: 3.6
                NEEDRESTART-KCUR: 6.1.0-21-amd64
                NEEDRESTART-KEXP: 6.1.0-22-amd64
                NEEDRESTART-KSTA: 3
                NEEDRESTART-UCSTA: 1
                NEEDRESTART-SVC: nginx.service
                NEEDRESTART-SVC: cron
                NEEDRESTART-CONT: LXC web1
                NEEDRESTART-SESS: root @ session #28017
                """))
        #expect(output.version == "3.6")
        #expect(output.services == ["nginx.service", "cron.service"])
        #expect(NeedrestartOutput("needrestart: cannot read\n") == nil)
    }

    @Test func `needrestart is asked where it is installed`() async throws {
        try program(
            "needrestart",
            "[ \"$*\" = '-b -l' ] && printf 'NEEDRESTART-VER: 3.6\\nNEEDRESTART-SVC: nginx.service\\n'")
        try process("12", cgroup: "0::/system.slice/nginx.service", maps: [Self.library + " (deleted)"])
        try program("dpkg-query", "echo 'libx1:amd64, libx-extra: /lib/x86_64-linux-gnu/libx.so.1'; exit 1")
        let services = try await machine().outdatedServices()
        #expect(
            services == [OutdatedService(unit: "nginx.service", packages: [.of("libx1"), .of("libx-extra")])])
    }

    @Test(arguments: [
        // Nothing is replaced; replaced; the same by an older control group; data that is no code.
        ("0::/system.slice/a.service", library, [String]()),
        ("0::/system.slice/a.service", library + " (deleted)", ["a.service"]),
        (
            "1:name=systemd:/system.slice/system-a.slice/a@1.service/x", library + ".dpkg-new (deleted)",
            ["a@1.service"]
        ),
        ("0::/system.slice/a.service", "7f00-7f10 rw-p 00000000 fe:00 1 /usr/lib/a (deleted)", []),
        ("0::/system.slice/a.service", "7f00-7f10 r-xp 00000000 fe:00 1 /tmp/jit (deleted)", []),
        ("0::/system.slice/a.service", "7f00-7f10 r-xp 00000000 00:01 1 /memfd:x (deleted)", []),
        ("0::/user.slice/user-0.slice/session-1.scope", library + " (deleted)", []),
        ("0::/system.slice/docker-12ab.scope", library + " (deleted)", []),
    ])
    func `without needrestart the processes themselves are looked at`(
        cgroup: String, map: String, units: [String]
    ) async throws {
        try program("needrestart", "exit 1")
        try process("12", cgroup: cgroup, maps: [map])
        try process("13", cgroup: "0::/system.slice/b.service", maps: [Self.library])
        try process(
            "14", cgroup: "0::/system.slice/c.service", maps: [Self.library + " (deleted)"], root: "/x")
        #expect(try await machine().outdatedServices().map(\.unit) == units)
    }

    @Test func `this machine's own processes can be read`() throws {
        _ = try ProcessScan().replacedFiles()
    }

    @Test func `services are restarted one by one, and what fails is told`() async throws {
        try program(
            "systemctl",
            """
            echo "$@" >> \(folder.path("calls"))
            [ "$3" != bad.service ] || { echo 'Job failed.' >&2; exit 1; }
            """
        )
        let failures = await machine().restart(["bad.service", "good.service"])
        #expect(failures == ["bad.service": "Job failed."])
        #expect(calls == ["restart -- bad.service", "restart -- good.service"])
    }

    @Test func `a reboot asks those who inhibit it, and an older systemctl without them`() async throws {
        try await machine().reboot()
        #expect(calls == ["reboot --check-inhibitors=yes"])
        try program(
            "systemctl",
            """
            echo "$@" >> \(folder.path("calls"))
            case $2 in --*) echo "unrecognized option '$2'" >&2; exit 1;; esac
            """
        )
        try await machine().reboot()
        #expect(calls.suffix(2) == ["reboot --check-inhibitors=yes", "reboot"])
        try program("systemctl", "echo 'Operation inhibited by \"backup\"' >&2; exit 1")
        await #expect(
            throws: MachineError("'systemctl reboot' ended with 1: Operation inhibited by \"backup\"")
        ) {
            try await machine().reboot()
        }
    }

    @Test func `another root than the running one has nothing to do with this machine`() async throws {
        let other = machine(isRunningSystem: false)
        #expect(other.rebootObstacle?.contains(folder.path) == true)
        try program("needrestart", "printf 'NEEDRESTART-VER: 3.6\\nNEEDRESTART-SVC: nginx.service\\n'")
        #expect(try await other.outdatedServices().isEmpty)
        await #expect(throws: MachineError.self) { try await other.reboot() }
        #expect(calls.isEmpty)
        #expect(SystemdMachine(root: "/srv/x", searchPath: "/bin").rebootObstacle != nil)
        #expect(SystemdMachine(root: "/", searchPath: "/bin").rebootObstacle == nil)
    }
}
