/// A systemd service of which a process still runs code that has been replaced on the disk.
package struct OutdatedService: Hashable, Sendable {
    /// The unit's full name, such as `nginx.service`.
    package let unit: String
    /// The packages that brought what is replaced, as far as that can be told.
    package let packages: [PackageName]

    package init(unit: String, packages: [PackageName] = []) {
        self.unit = unit
        self.packages = Set(packages).sorted()
    }
}

/// What is done about services that run old code.
package enum ServiceTreatment: Hashable, Sendable {
    /// The baseline lets the node restart it.
    case restart
    /// It waits for somebody.
    case report
    /// Whoever restarts it takes the machine's sessions, network or containers along: it comes with the next
    /// boot.
    case reboot
    /// It ends by itself, or belongs to somebody who is logged in.
    case ignore
}

extension OutdatedService {
    /// What is done about this one.
    ///
    /// - Parameter allowed: what the baseline lets the node restart.
    package func treatment(allowed: [UnitPattern]) -> ServiceTreatment {
        let name = unit.hasSuffix(".service") ? unit.dropLast(8) : unit[...]
        if Self.passing.contains(where: { $0.matches(name) }) { return .ignore }
        if Self.untouchable.contains(where: { $0.matches(name) }) { return .reboot }
        return allowed.contains { $0.matches(unit) } ? .restart : .report
    }

    /// A name, or the beginning of names.
    private struct Name {
        let text: String
        let isWhole: Bool

        func matches(_ name: Substring) -> Bool { isWhole ? name == text : name.hasPrefix(text) }
    }

    /// Units that run once and end, and the managers of users' sessions.
    private static let passing =
        ["user@", "cron-", "session-"].map { Name(text: $0, isWhole: false) }
        + ["apt-daily", "apt-daily-upgrade", "unattended-upgrades", "rc-local", "emergency", "rescue"]
        .map { Name(text: $0, isWhole: true) }

    /// What needrestart does not restart by itself (`override_rc` of needrestart.conf, 3.6), and systemd
    /// itself.
    private static let untouchable = [
        "dbus", "gdm", "kdm", "nodm", "sddm", "wdm", "xdm", "lightdm", "slim", "lxdm", "bird", "network",
        "NetworkManager", "ModemManager", "wpa_supplicant", "openvpn", "quagga", "frr", "tinc", "openswan",
        "freeswan", "libreswan", "strongswan", "bluetooth", "getty@", "serial-getty@", "zfs-fuse",
        "mythtv-backend", "xendomains", "lxcfs", "libvirt", "virtlogd", "virtlockd", "docker", "containerd",
        "elogind", "systemd-logind", "systemd-networkd",
    ].map { Name(text: $0, isWhole: false) }
}
