/// A package manager that works on past its deadline: the tree of its processes, from which a person sees
/// what it waits for.
package struct StalledManager: Hashable, Sendable {
    /// The manager, and then all that it has started, each behind the one that started it.
    package let processes: [Process]
    /// How many more there are.
    package let omitted: Int

    package init(processes: [Process], omitted: Int = 0) {
        self.processes = Array(processes.prefix(Self.mostProcesses))
        self.omitted = omitted + processes.count - self.processes.count
    }

    /// What is told of one process. Not its arguments: they may hold what is secret.
    package struct Process: Hashable, Sendable {
        package let id: Int
        /// How many processes are between it and the manager, and 1; 0 for the manager itself.
        package let depth: Int
        /// The program's name, or the maintainer script and its package, such as `postinst of nginx`.
        package let name: String
        /// Its state in a word: proc_pid_stat(5).
        package let state: String
        /// How long ago it was started.
        package let age: TimeSpan

        package init(id: Int, depth: Int, name: String, state: String, age: TimeSpan) {
            self.id = id
            self.depth = depth
            self.name = name.limited(to: 100)
            self.state = state
            self.age = age
        }
    }

    /// How many processes are told.
    package static let mostProcesses = 24

    /// How long the manager has been at work.
    package var duration: TimeSpan { processes.first?.age ?? .zero }
}

extension StalledManager {
    /// What the node says, and goes on waiting.
    package var reason: Reason {
        let manager = processes.first.map { "\($0.name) (process \($0.id))" } ?? "the package manager"
        let script = processes.last { $0.name.contains(" of ") } ?? processes.last
        let cause = script.map { "; it waits for \($0.name) (process \($0.id))" } ?? ""
        return Reason(
            .managerStalled,
            "\(manager) has been at work for \(duration.rough)\(processes.count > 1 ? cause : "")")
    }

    /// The tree, a line for each process.
    package var findings: [Finding] {
        let lines = processes.map { process in
            let indent = String(repeating: "  ", count: min(process.depth, 10))
            return "\(indent)\(process.id) \(process.name), \(process.state), for \(process.age.rough)"
        }
        let rest = omitted > 0 ? ["and \(omitted) more"] : []
        return (lines + rest).map { Finding(code: Finding.process, message: $0) }
    }
}

extension Finding {
    /// The code of a line in the tree of processes of a manager that is stalled.
    package static let process = "stalledProcess"
}
