internal import FleetCore
internal import FleetReconciler
internal import Glibc

/// The boot loader of a root: GRUB, or systemd-boot. Its programs are never needed: where there is none that
/// can be asked, the message says what is missing.
struct BootLoader {
    private let prefix: String
    private let run: ([String]) async -> ChildOutput?

    /// - Parameter run: runs a program to its end; nil if it could not be run.
    init(root: String, run: @escaping ([String]) async -> ChildOutput?) {
        prefix = root == "/" ? "" : root
        self.run = run
    }

    /// Has a kernel boot by default.
    ///
    /// - Returns: the setting before; nil where there was none, or none that can be told.
    func select(_ kernel: String) async throws(MachineError) -> String? {
        if let menu = text("/boot/grub/grub.cfg") {
            guard savesDefault else {
                throw MachineError(
                    "GRUB boots what its menu has first, for /etc/default/grub does not say "
                        + "'GRUB_DEFAULT=saved' (then run 'update-grub')")
            }
            guard let entry = Self.grubEntry(of: kernel, in: menu) else {
                throw MachineError("/boot/grub/grub.cfg has no entry for \(kernel); run 'update-grub'")
            }
            let before = savedEntry
            try await succeed(["grub-set-default", "--boot-directory=\(prefix)/boot", entry])
            return before == entry ? nil : before
        }
        guard let entry = loaderEntry(of: kernel) else {
            throw MachineError(
                "neither GRUB's menu nor an entry of systemd-boot for \(kernel) is found in /boot")
        }
        try await succeed(["bootctl", "set-default", entry])
        // It was in a variable of the firmware, of which no program tells.
        return nil
    }

    /// Puts a setting back that ``select(_:)`` gave.
    func restore(_ setting: String?) async throws(MachineError) {
        guard text("/boot/grub/grub.cfg") != nil else {
            // An empty one is unset (bootctl(1)).
            return try await succeed(["bootctl", "set-default", ""])
        }
        if let setting {
            try await succeed(["grub-set-default", "--boot-directory=\(prefix)/boot", setting])
        } else {
            try await succeed(["grub-editenv", environment, "unset", "saved_entry"])
        }
    }

    // MARK: GRUB

    private var environment: String { prefix + "/boot/grub/grubenv" }

    /// Whether the menu boots the saved entry: the last assignment counts, as in a shell.
    private var savesDefault: Bool {
        let lines = (text("/etc/default/grub") ?? "").split(whereSeparator: \.isNewline)
        let value = lines.last { $0.hasPrefix("GRUB_DEFAULT=") }?.dropFirst("GRUB_DEFAULT=".count)
        return value.map { ["saved", "\"saved\"", "'saved'"].contains($0) } ?? false
    }

    private var savedEntry: String? {
        let lines = (text("/boot/grub/grubenv") ?? "").lines()
        return lines.first { $0.hasPrefix("saved_entry=") }
            .map { String($0.dropFirst("saved_entry=".count)) }.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The name by which GRUB knows the entry of a kernel: that of its submenu, `>`, its own. The menu is as
    /// Debian's and Ubuntu's `10_linux` write it.
    static func grubEntry(of kernel: String, in menu: String) -> String? {
        var submenu: String?
        for line in menu.lines() {
            if line == "}" { submenu = nil }
            let words = line.drop { $0 == " " || $0 == "\t" }
            let isMenu = words.hasPrefix("submenu ")
            guard isMenu || words.hasPrefix("menuentry "), let name = name(in: words) else { continue }
            if isMenu { submenu = name }
            guard !isMenu, name.hasPrefix("gnulinux-\(kernel)-advanced-") else { continue }
            return submenu.map { "\($0)>\(name)" } ?? name
        }
        return nil
    }

    /// What stands in quotes after `$menuentry_id_option`.
    private static func name(in line: Substring) -> String? {
        guard let option = line.firstRange(of: "$menuentry_id_option '") else { return nil }
        return String(line[option.upperBound...].prefix { $0 != "'" })
    }

    // MARK: systemd-boot

    /// The file of the entry that starts a kernel (Boot Loader Specification, type 1).
    private func loaderEntry(of kernel: String) -> String? {
        for folder in ["/boot", "/efi", "/boot/efi"] {
            let path = "\(prefix)\(folder)/loader/entries"
            guard let names = try? namesInFolder(path) else { continue }
            let entry = names.filter { $0.hasSuffix(".conf") }.sorted().first { name in
                let lines = (text("\(folder)/loader/entries/\(name)") ?? "").lines()
                return lines.contains { line in
                    line.split(whereSeparator: \.isWhitespace).map(String.init) == ["version", kernel]
                }
            }
            if let entry { return entry }
        }
        return nil
    }

    private func text(_ path: String) -> String? {
        (try? readFile(prefix + path, limit: 4 << 20)).map { String(decoding: $0, as: UTF8.self) }
    }

    private func succeed(_ arguments: [String]) async throws(MachineError) {
        guard let output = await run(arguments) else {
            throw MachineError("'\(arguments[0])' could not be run, or has not ended within a minute")
        }
        guard output.succeeded else {
            throw MachineError("'\(arguments[0])' ended with \(output.status): \(output.firstLine)")
        }
    }
}
