import FleetReconciler
import FleetTesting
import Testing

@testable import FleetPackages

/// The choice of the kernel that boots, by programs of the tests' own in the place of the boot loaders'.
@Suite(.timeLimit(.minutes(15)))
struct BootLoaderTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder("boot")
        for program in ["grub-set-default", "grub-editenv", "bootctl"] {
            try folder.write(
                "#!/bin/sh\necho \(program) \"$@\" >> \(folder.path("calls"))\n", to: "bin/\(program)",
                mode: 0o755)
        }
    }

    private var machine: SystemdMachine {
        SystemdMachine(
            root: folder.path, searchPath: folder.path("bin"), isRunningSystem: true, processes: "/nowhere")
    }

    private var calls: [String] {
        ((try? folder.read("calls")) ?? "").split(separator: "\n").map(String.init)
    }

    /// As `update-grub` writes it on Debian 12.
    private static let menu = """
        set default="${saved_entry}"
        menuentry 'Debian GNU/Linux' --class debian $menuentry_id_option 'gnulinux-simple-5e1f' {
        \techo\t'Loading Linux 6.1.0-22-amd64 ...'
        }
        submenu 'Advanced options for Debian GNU/Linux' $menuentry_id_option 'gnulinux-advanced-5e1f' {
        \tmenuentry 'Debian, with 22' $menuentry_id_option 'gnulinux-6.1.0-22-amd64-advanced-5e1f' {
        \t}
        \tmenuentry 'Debian, with 2' $menuentry_id_option 'gnulinux-6.1.0-2-amd64-advanced-5e1f' {
        \t}
        }
        menuentry 'UEFI Firmware Settings' $menuentry_id_option 'uefi-firmware' {
        }
        """

    @Test func `GRUB is told the entry of the kernel, and what was saved before is put back`() async throws {
        try folder.write(Self.menu, to: "boot/grub/grub.cfg")
        try folder.write("GRUB_DEFAULT=0\nGRUB_DEFAULT=saved\n", to: "etc/default/grub")
        try folder.write("# GRUB Environment Block\nsaved_entry=linux-old\n####", to: "boot/grub/grubenv")
        let before = try await machine.bootByDefault(kernel: "6.1.0-2-amd64")
        #expect(before == "linux-old")
        try await machine.restoreBootDefault(before)
        try await machine.restoreBootDefault(nil)
        let boot = "--boot-directory=\(folder.path)/boot"
        #expect(
            calls == [
                "grub-set-default \(boot) gnulinux-advanced-5e1f>gnulinux-6.1.0-2-amd64-advanced-5e1f",
                "grub-set-default \(boot) linux-old",
                "grub-editenv \(folder.path)/boot/grub/grubenv unset saved_entry",
            ])
    }

    @Test func `a setting of our own, made before a power cut, is none that was there before`() async throws {
        try folder.write(Self.menu, to: "boot/grub/grub.cfg")
        try folder.write("GRUB_DEFAULT=\"saved\"\n", to: "etc/default/grub")
        let entry = try #require(BootLoader.grubEntry(of: "6.1.0-22-amd64", in: Self.menu))
        try folder.write("# GRUB Environment Block\nsaved_entry=\(entry)\n##", to: "boot/grub/grubenv")
        #expect(try await machine.bootByDefault(kernel: "6.1.0-22-amd64") == nil)
        let flat = Self.menu.split(separator: "\n").filter { !$0.hasPrefix("submenu") }.joined(
            separator: "\n")
        #expect(BootLoader.grubEntry(of: "6.1.0-2-amd64", in: flat) == "gnulinux-6.1.0-2-amd64-advanced-5e1f")
    }

    @Test func `systemd-boot is told the file of the entry`() async throws {
        for number in [21, 22] {
            try folder.write(
                "title Debian\nversion    6.1.0-\(number)-amd64\nlinux /vmlinuz\n",
                to: "efi/loader/entries/debian-\(number).conf")
        }
        #expect(try await machine.bootByDefault(kernel: "6.1.0-21-amd64") == nil)
        try await machine.restoreBootDefault(nil)
        #expect(calls == ["bootctl set-default debian-21.conf", "bootctl set-default "])
    }

    @Test func `what is missing is said`() async throws {
        func words() async -> String {
            do throws(MachineError) {
                _ = try await machine.bootByDefault(kernel: "6.1.0-21-amd64")
                return ""
            } catch {
                return error.message
            }
        }
        #expect(await words().contains("neither GRUB's menu nor an entry of systemd-boot"))
        try folder.write(Self.menu, to: "boot/grub/grub.cfg")
        #expect(await words().contains("GRUB_DEFAULT=saved"))
        try folder.write("GRUB_DEFAULT=saved\n", to: "etc/default/grub")
        #expect(await words().contains("no entry for 6.1.0-21-amd64; run 'update-grub'"))
        let other = SystemdMachine(root: "/srv/x", searchPath: "/bin")
        await #expect(throws: MachineError.self) { try await other.bootByDefault(kernel: "1") }
        try folder.write("#!/bin/sh\necho 'no space' >&2; exit 1\n", to: "bin/grub-set-default", mode: 0o755)
        try folder.write(
            Self.menu.replacing("6.1.0-2-amd64", with: "6.1.0-21-amd64"), to: "boot/grub/grub.cfg")
        #expect(await words() == "'grub-set-default' ended with 1: no space")
    }
}
