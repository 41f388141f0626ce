internal import FleetCore
internal import Glibc

/// A process and all that it has started, as proc(5) shows them.
struct ProcessTree {
    private var entries: [pid_t: Entry] = [:]
    private let clockTicks: Int64
    private let uptime: Int64

    private struct Entry {
        let name: String
        let state: Character
        let parent: pid_t
        /// In clock ticks after the start of the machine.
        let started: Int64
    }

    /// Reads all processes of the machine.
    init() {
        clockTicks = Int64(max(sysconf(Int32(_SC_CLK_TCK)), 1))
        // proc_uptime(5): seconds since the start, with two decimals.
        let text = (try? readFile("/proc/uptime", limit: 4_096)).map { String(decoding: $0, as: UTF8.self) }
        let seconds = text?.split(separator: " ").first.flatMap { Double($0) } ?? 0
        uptime = Int64(seconds * Double(clockTicks))
        for name in (try? namesInFolder("/proc")) ?? [] {
            guard let process = pid_t(name), let entry = Self.entry(process) else { continue }
            entries[process] = entry
        }
    }

    /// proc_pid_stat(5): the name stands in brackets and may have brackets itself.
    private static func entry(_ process: pid_t) -> Entry? {
        guard let bytes = try? readFile("/proc/\(process)/stat", limit: 4_096) else { return nil }
        let line = String(decoding: bytes, as: UTF8.self)
        guard let open = line.firstIndex(of: "("), let close = line.lastIndex(of: ")") else { return nil }
        let fields = line[line.index(after: close)...].split(separator: " ")
        guard fields.count > 19, let state = fields[0].first, let parent = pid_t(fields[1]),
            let started = Int64(fields[19])
        else { return nil }
        return Entry(
            name: String(line[line.index(after: open)..<close]), state: state, parent: parent,
            started: started)
    }

    /// The tree below a process; nil if that has ended.
    func manager(_ root: pid_t) -> StalledManager? {
        guard entries[root] != nil else { return nil }
        let children = Dictionary(grouping: entries.keys.sorted(), by: { entries[$0]?.parent ?? 0 })
        var found: [StalledManager.Process] = []
        var open: [(process: pid_t, depth: Int)] = [(root, 0)]
        while let next = open.popLast(), let entry = entries[next.process] {
            found.append(
                StalledManager.Process(
                    id: Int(next.process), depth: next.depth,
                    name: Self.script(next.process) ?? Self.printable(entry.name),
                    state: Self.word(for: entry.state),
                    age: TimeSpan(milliseconds: (uptime - entry.started) * 1_000 / clockTicks)))
            // Never again, whatever the numbers of processes that came and went meanwhile say.
            for child in (children[next.process] ?? []).reversed() where child != next.process {
                open.append((child, next.depth + 1))
            }
            if found.count > entries.count { break }
        }
        return StalledManager(processes: found)
    }

    /// The maintainer script that a process runs, with its package. Of all arguments this alone is read: they
    /// may hold what is secret.
    private static func script(_ process: pid_t) -> String? {
        guard let bytes = try? readFile("/proc/\(process)/cmdline", limit: 1 << 20) else { return nil }
        let words = bytes.split(separator: 0).prefix(3).map { String(decoding: $0, as: UTF8.self) }
        let kinds = ["preinst", "postinst", "prerm", "postrm", "config"]
        for word in words where word.hasPrefix("/") {
            let parts = word.split(separator: "/")
            guard parts.count > 2, let file = parts.last else { continue }
            // Of a package that comes in, dpkg runs the script from a folder without its name.
            if parts[parts.count - 2] == "tmp.ci", kinds.contains(String(file)) {
                return "\(file) of a package that is unpacked"
            }
            guard parts[parts.count - 2] == "info", let dot = file.lastIndex(of: ".") else { continue }
            let kind = String(file[file.index(after: dot)...])
            let name = file[..<dot]
            guard kinds.contains(kind), PackageName(name.prefix { $0 != ":" }) != nil else { continue }
            return "\(kind) of \(name)"
        }
        return nil
    }

    private static func printable(_ name: String) -> String {
        String(name.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? "?" : Character($0) })
    }

    private static func word(for state: Character) -> String {
        switch state {
        case "R": "running"
        case "S", "I": "sleeping"
        case "D": "waiting for the disk"
        case "T", "t": "stopped"
        case "Z", "X": "ended"
        default: "in state \(state)"
        }
    }
}
