internal import FleetCore
internal import FleetProgram
internal import Glibc

/// The agents of the demo: one `plimsoll-agent run` for each node, ended by their ids.
final class DemoAgents {
    private var processes: [pid_t] = []

    /// Starts a node's agent; what it logs goes to the node's `agent.log`.
    func start(_ program: String, configuration: String, log: String) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log, O_WRONLY | O_CREAT | O_APPEND, 0o644)
        posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // A group of its own: Ctrl-C ends the demo, and the demo ends its agents.
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP))
        let arguments = [program, "run", "--config", configuration]
        var pointers = arguments.map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        var process: pid_t = 0
        let status = posix_spawn(&process, program, &actions, &attributes, &pointers, environ)
        guard status == 0 else {
            let reason = String(cString: strerror(status))
            throw ProgramError(.failure, "'\(program)' could not be started: \(reason)")
        }
        processes.append(process)
    }

    /// Ends all agents: each finishes the cycle that it is in.
    func stop() {
        for process in processes { kill(process, SIGTERM) }
        for process in processes {
            var status: Int32 = 0
            while waitpid(process, &status, 0) < 0, errno == EINTR {}
        }
        processes = []
    }
}
