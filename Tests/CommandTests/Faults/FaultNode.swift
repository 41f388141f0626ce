import FleetCore
import FleetTesting
import Foundation
import Testing

/// A node before the cycle of a story, which is put back there for each try.
final class FaultNode {
    let story: FaultStory
    let fleet: LocalFleet
    let node: LocalNode
    private let library: String

    /// How a try ended.
    struct End {
        /// How many cycles it took.
        let cycles: Int
        /// What is not as it must be.
        let faults: [String]
        /// What the cycles said before the last one.
        let story: String
    }

    init(_ story: FaultStory) async throws {
        self.story = story
        fleet = try await LocalFleet(FaultStory.offered, declaring: FaultStory.before)
        node = try fleet.enrol(1, in: "canary")[0]
        library = try FaultLibrary.build(in: fleet.folder)
        // dpkg is where apt is told to look for it, so that faults reach it as well.
        let variables = "$(cat '\(fleet.folder.path("variables"))')"
        let dpkg = try fleet.folder.write(
            "#!/bin/sh\nexec env \(variables) dpkg \"$@\"\n", to: "bin/dpkg", mode: 0o755)
        // apt-get is where the agent's fixed search path leads to; see `cycle(with:)`.
        try fleet.folder.makeFolder("real")
        try runSuccessfully(["cp", "/usr/bin/apt-get", fleet.folder.path("real/apt-get")])
        try fleet.folder.write(
            "#!/bin/sh\nexec env \(variables) '\(fleet.folder.path("real/apt-get"))' \"$@\"\n",
            to: "bin/apt-get", mode: 0o755)
        try fleet.folder.write("", to: "variables")
        try fleet.folder.write(
            "Dir::Bin::dpkg \"\(dpkg)\";\n", to: "nodes/canary-1/root/etc/apt/apt.conf.d/dpkg")
        let first = try node.reconcile()
        guard first.phase == .converged else { throw FaultStoryError(description: "\(first)") }
        try story.prepare(fleet, node: node)
        try fleet.folder.makeFolder("before")
        let paths = ["nodes", "server.git", "before"].map { fleet.folder.path($0) }
        try runSuccessfully(["cp", "-a", "--reflink=auto"] + paths)
    }

    /// Puts everything back to before the cycle.
    func restore() throws {
        let paths = ["nodes", "server.git"]
        try runSuccessfully(["rm", "-rf"] + paths.map { fleet.folder.path($0) })
        try runSuccessfully(
            ["cp", "-a", "--reflink=auto"] + paths.map { fleet.folder.path("before/\($0)") }
                + [fleet.folder.path])
        for file in ["faults.log", "variables"] { try fleet.folder.write("", to: file) }
        try fleet.folder.write(String(repeating: "\0", count: 8), to: "faults.count")
    }

    /// The steps that were taken: the call and the path, by their numbers from 1.
    var steps: [String] {
        get throws {
            try fleet.folder.read("faults.log").split(separator: "\n").map { line in
                line.split(separator: " ", maxSplits: 2).dropFirst(2).joined()
            }
        }
    }

    /// Runs the cycle with a fault in it.
    func cycle(with fault: Fault) throws -> CommandResult {
        var variables = fault.variables
        variables["LD_PRELOAD"] = library
        variables["FAULT_PREFIX"] = fleet.folder.path("nodes/")
        variables["FAULT_COUNT"] = fleet.folder.path("faults.count")
        variables["FAULT_LOG"] = fleet.folder.path("faults.log")
        if fault.program != .agent {
            let words = variables.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
            try fleet.folder.write(words, to: "variables")
            variables = [:]
        }
        let command = [
            BuiltProgram.path("plimsoll-agent"), "reconcile", "--json", "--config", node.configuration,
        ]
        // Another apt-get for this cycle alone: the mount is seen by nobody else, and ends with it.
        let mount = "mount --bind '\(fleet.folder.path("bin/apt-get"))' /usr/bin/apt-get && exec \"$@\""
        return try run(
            (fault.program == .apt ? ["unshare", "--mount", "sh", "-c", mount, "sh"] : []) + command,
            environment: Git.environment.merging(variables) { $1 })
    }

    /// Runs cycles without a fault until the story has come to its end.
    func settle(within limit: Int = 6) throws -> End {
        try fleet.folder.write("", to: "variables")
        try awaitRest()
        var told = ""
        var cycle = try node.reconcile()
        for number in 1...limit {
            if cycle.phase == story.phase, try node.installed == story.installed {
                return End(cycles: number, faults: try faults(after: cycle), story: told)
            }
            told += "\(number): \(cycle)\n"
            // After a try that came to nothing cycles only wait for an interval, until the next one is made.
            let waiting = try backOff()
            cycle = try node.reconcile()
            try eventuallyHere("the next try after \(told)") {
                guard waiting != nil, try backOff() == waiting else { return true }
                cycle = try node.reconcile()
                return false
            }
        }
        return End(cycles: limit, faults: ["no end; installed is \(try node.installed)"], story: told)
    }

    /// What keeps the node from its next try, as its state has it.
    private func backOff() throws -> JSONValue? {
        let file = try JSONValue(parsing: [UInt8](fleet.folder.read("nodes/canary-1/state/state.json").utf8))
        let backOff = file["state"]?["backOff"]
        return backOff == .null ? nil : backOff
    }

    private func faults(after cycle: Cycle) throws -> [String] {
        var faults: [String] = []
        let audit = try node.dpkg(["--audit"]).text
        if !audit.isEmpty { faults.append("dpkg --audit: \(audit)") }
        let journal = try FileManager.default.contentsOfDirectory(atPath: "\(node.database)/updates")
            .filter { $0.allSatisfy(\.isNumber) }
        if !journal.isEmpty { faults.append("dpkg's journal is left: \(journal)") }
        let chain = try fleet.chain(of: node)
        if !fleet.isUnbroken(chain) { faults.append("the chain is broken: \(chain.map(\.report.sequence))") }
        if chain.last?.report.phase != story.phase { faults.append("the last report says another phase") }
        let state = try JSONValue(parsing: node.bytes(of: "\(node.state)/state.json") ?? [])
        if state["state"]?["intent"]?.isNull == false { faults.append("the intent is left") }
        if !["sent", "notDue"].contains(cycle.report) { faults.append("the report was not sent") }
        return faults
    }

    /// Waits until nothing of the cycle is at work any more: apt outlives the agent.
    private func awaitRest() throws {
        try eventuallyHere("all of the cycle has ended") { processesAtWork().isEmpty }
    }

    /// All processes that have the node's folder in their arguments, or that one of them has started.
    private func processesAtWork() -> [pid_t] {
        let words = Data(fleet.folder.path("nodes/").utf8)
        var parents: [pid_t: pid_t] = [:]
        var found: Set<pid_t> = []
        for name in (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? [] {
            guard let process = pid_t(name) else { continue }
            let line = FileManager.default.contents(atPath: "/proc/\(process)/cmdline") ?? Data()
            if line.range(of: words) != nil { found.insert(process) }
            let status = String(
                decoding: FileManager.default.contents(atPath: "/proc/\(process)/stat") ?? Data(),
                as: UTF8.self)
            // proc(5): the name is in brackets; state and parent follow it.
            let fields = status[(status.lastIndex(of: ")") ?? status.startIndex)...].split(separator: " ")
            if fields.count > 2, fields[1] != "Z" { parents[process] = pid_t(fields[2]) }
        }
        var isGrown = true
        while isGrown {
            let children = parents.filter { found.contains($0.value) }.keys
            isGrown = !found.isSuperset(of: children)
            found.formUnion(children)
        }
        return found.filter { parents[$0] != nil }
    }
}

extension FaultNode {
    /// The maintainer scripts that the cycle runs, in their order, as `till.prerm upgrade 1.1-1`.
    func scripts() throws -> [String] {
        try restore()
        try fleet.folder.write("", to: "scripts")
        try writeHook("")
        _ = try node.reconcile()
        return try fleet.folder.read("scripts").split(separator: "\n").map(String.init)
    }

    /// Runs the cycle, which is killed in its script of this number.
    ///
    /// - Returns: the script.
    func killing(inScript number: Int, withManager: Bool) throws -> String {
        try restore()
        try fleet.folder.write("", to: "scripts")
        // From the script upwards: dpkg, apt, the shell that became it, the agent.
        try writeHook(
            """
            test "$(wc -l < '\(fleet.folder.path("scripts"))')" = \(number) || exit 0
            all= next=$$ agent=
            while test -z "$agent"; do
                test "$(cat /proc/$next/comm)" != plimsoll-agent || agent=$next
                all="$next $all"
                next=$(sed -n 's/^PPid:\\t//p' /proc/$next/status)
                test "$next" -gt 1 || exit 0
            done
            \(withManager ? "kill -STOP $agent; kill -KILL $all" : "kill -KILL $agent")
            """)
        _ = try node.reconcile()
        return try fleet.folder.read("scripts").split(separator: "\n").dropFirst(number - 1).first
            .map(String.init) ?? "not reached"
    }

    private func writeHook(_ deed: String) throws {
        let text =
            "#!/bin/sh\necho \"$(basename \"$1\") $2 $3\" >>'\(fleet.folder.path("scripts"))'\n\(deed)\n"
        try fleet.folder.write(text, to: "nodes/canary-1/hook", mode: 0o755)
    }

    /// How long the cycle takes without a fault.
    func duration() throws -> Duration {
        try restore()
        return try ContinuousClock().measure { _ = try node.reconcile() }
    }

    /// Runs the cycle and kills it after a while.
    func kill(after moment: Duration, withManager: Bool) throws {
        try restore()
        let agent = try node.startAgent("reconcile")
        Thread.sleep(forTimeInterval: moment / .seconds(1))
        if withManager {
            // Stopped first, so that none starts another meanwhile.
            var stopped: Set<pid_t> = []
            while true {
                let found = Set(processesAtWork()).subtracting(stopped)
                guard !found.isEmpty else { break }
                for process in found { Foundation.kill(process, SIGSTOP) }
                stopped.formUnion(found)
            }
            for process in stopped { Foundation.kill(process, SIGKILL) }
        }
        agent.end(by: SIGKILL)
    }
}
