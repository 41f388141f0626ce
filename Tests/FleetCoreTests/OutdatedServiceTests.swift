import FleetCore
import FleetTesting
import Testing

struct OutdatedServiceTests {
    @Test(arguments: [
        ("nginx", "nginx.service", true), ("nginx.service", "nginx.service", true),
        ("nginx", "nginx-extra.service", false), ("php*-fpm", "php8.2-fpm.service", true),
        ("php*-fpm", "php8.2-cgi.service", false), ("*", "anything@1.service", true),
        ("a*b*c", "aXbYbc.service", true),
        ("a*b*c", "aXbYb.service", false), ("**", "x.service", true), ("nginx", "nginx.socket", false),
    ])
    func `a pattern names services`(pattern: String, unit: String, isMeant: Bool) throws {
        let pattern: UnitPattern = try #require(UnitPattern(pattern))
        #expect(pattern.matches(unit) == isMeant)
    }

    @Test(arguments: ["", "-x", "a b", "a/b", "a?", "ä", String(repeating: "a", count: 256)])
    func `what is no unit is no pattern`(text: String) { #expect(UnitPattern(text) == nil) }

    @Test(arguments: [
        ("nginx.service", ServiceTreatment.restart), ("ssh.service", .restart), ("dbus.service", .reboot),
        ("dbus-broker.service", .reboot), ("systemd-logind.service", .reboot),
        ("getty@tty1.service", .reboot),
        ("docker.service", .reboot), ("lightdm.service", .reboot), ("user@1000.service", .ignore),
        ("apt-daily.service", .ignore), ("apt-daily-x.service", .restart), ("cron-daily.service", .ignore),
    ])
    func `some are never restarted, even where all are allowed`(unit: String, treatment: ServiceTreatment) {
        let service = OutdatedService(unit: unit)
        #expect(service.treatment(allowed: [.of("*")]) == treatment)
        #expect(service.treatment(allowed: []) == (treatment == .restart ? .report : treatment))
    }

    @Test func `a kernel's entry waits for the boot, by whatever name it brings it`() {
        let form = CanonicalForm(
            .sample(["linux-image-amd64": "6.1.94-1", "src:linux": "6.1.94-1", "nginx": "1", "libx": "2"]))
        let inventory = Inventory.sample([
            "linux-image-amd64 6.1.94-1 source=linux", "linux-image-6.1.0-22-amd64 6.1.94-1 source=linux",
            "nginx 1", "libx 2",
        ])
        let assessment = Assessment(
            of: form, in: InventoryIndex(inventory), newer: .keep, placed: [:], exceptions: [], sources: nil)
        let findings = assessment.findings(
            awaiting: RebootStatement(isRequired: true, packages: [.of("linux-image-6.1.0-22-amd64")]),
            PendingRestarts(services: [OutdatedService(unit: "a.service", packages: [.of("libx")])]),
            in: inventory)
        let states = Dictionary(uniqueKeysWithValues: findings.map { ($0.key.description, $0.state) })
        #expect(
            states == [
                "linux-image-amd64": .pendingReboot, "src:linux": .pendingReboot, "nginx": .installed,
                "libx": .pendingRestart,
            ])
    }
}
