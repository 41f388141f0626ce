import FleetCore
import FleetTesting
import Testing

@testable import FleetRepository

/// The key `budget`, and what it demands of nodes.
struct FormatBudgetTests {
    private static let head = "apiVersion: plimsoll/v1\nbaseline: debian-12\n"

    private func decode(_ text: String, defaults: String = "") throws -> Decoded<GroupFile> {
        let fleet = FleetFile.decode(
            Array("apiVersion: plimsoll/v1\nfleet: acme\nagent: \"0.1\"\n\(defaults)".utf8))
        try #require(fleet.problems.map(\.description) == [])
        return GroupFile.decode(Array((Self.head + text).utf8), name: .of("stores"), fleet: fleet.value)
    }

    @Test(
        arguments: [
            ("", "", nil),
            ("budget: {unavailable: 2, per: site}", "", Budget(unavailable: 2, per: "site")),
            ("budget: null", "", nil),
            (
                "", "defaults: {budget: {unavailable: 1, per: acme.org/room}}",
                Budget(unavailable: 1, per: "acme.org/room")
            ),
            (
                "budget: {unavailable: 5, per: site}", "defaults: {budget: {unavailable: 1, per: room}}",
                Budget(unavailable: 5, per: "site")
            ),
            ("budget: ~", "defaults: {budget: {unavailable: 1, per: room}}", nil),
        ] as [(String, String, Budget?)])
    func `what is written is what counts`(text: String, defaults: String, budget: Budget?) throws {
        let file = try #require(try decode(text + "\n", defaults: defaults + "\n").flawless)
        #expect(file.group(gate: .none)?.budget == budget)
    }

    @Test(arguments: [
        ("budget: 2", "3:9: found '2'; expected null or a mapping such as {unavailable: 2, per: site}"),
        ("budget: [2]", "3:9: found a list; expected null or a mapping such as {unavailable: 2, per: site}"),
        (
            "budget: {unavailable: 2}",
            "3:9: the key 'per' is missing; expected a label: 1–63 letters, digits and '- _ . /'"
        ),
        (
            "budget: {per: site}",
            "3:9: the key 'unavailable' is missing; expected a whole number from 1 to 100000"
        ),
        (
            "budget: {unavailable: 0, per: site}",
            "3:23: found '0'; expected a whole number from 1 to 100000"
        ),
        (
            "budget: {unavailable: 10%, per: site}",
            "3:23: found '10%'; expected a whole number from 1 to 100000"
        ),
        (
            "budget: {unavailable: 2, per: a b}",
            "3:31: found 'a b'; expected a label: 1–63 letters, digits and '- _ . /'"
        ),
        (
            "budget: {unavailabel: 2, per: site}",
            "3:10: unknown key 'unavailabel'; did you mean 'unavailable'?"
        ),
        ("bugdet: {unavailable: 2, per: site}", "3:1: unknown key 'bugdet'; did you mean 'budget'?"),
    ])
    func `what is wrong is named with its place`(text: String, message: String) throws {
        let found = try decode(text + "\n").problems.map(\.description)
        #expect(found.contains("groups/stores/group.yaml:\(message)"), "\(found)")
    }

    private static let stores = "groups/stores/group.yaml"

    /// The sound repository with a budget for its stores, and the label written so on its first store.
    private func validate(_ labels: String) throws -> [String] {
        let paths = TextTree.sound.files.keys.filter { $0.hasPrefix("groups/stores/nodes/") }.sorted()
        let group = try #require(TextTree.sound.files[Self.stores])
        var tree = TextTree.sound.with(
            Self.stores,
            String(decoding: group, as: UTF8.self) + "budget: {unavailable: 2, per: site}\n")
        for (index, path) in paths.enumerated() {
            let lines = String(decoding: try #require(tree.files[path]), as: UTF8.self)
                .split(separator: "\n").filter { $0.hasPrefix("apiVersion") || $0.hasPrefix("key") }
            let text = lines.joined(separator: "\n") + "\n"
            tree = tree.with(path, text + (index == 0 ? labels : "labels: {site: berlin-3}") + "\n")
        }
        return try FleetValidator.validate(tree).problems.map {
            $0.description.replacing(paths[0], with: "NODE")
        }
    }

    private static let name =
        "the name of a label value: 1–63 of a–z, 0–9 and '-', beginning and ending with a letter or digit"

    @Test(
        arguments: [
            ("labels: {site: berlin-3}", nil),
            (
                "labels: {sit: berlin-3}",
                "NODE:3:1: the budget of 'stores' counts by the label 'site', which is missing here; "
                    + "did you mean 'sit'?"
            ),
            ("", "NODE:1:1: the budget of 'stores' counts by the label 'site', which is missing here"),
            (
                "labels:\n  model: ncr\n  site: Berlin 3",
                "NODE:5:9: the budget of 'stores' counts by the label 'site'; found 'Berlin 3', expected "
                    + name
            ),
            (
                "labels: {site: berlin/3}",
                "NODE:3:16: the budget of 'stores' counts by the label 'site'; found 'berlin/3', expected "
                    + name
            ),
        ] as [(String, String?)])
    func `each node of a group with a budget has its label`(labels: String, problem: String?) throws {
        #expect(try validate(labels) == [problem].compactMap(\.self))
    }
}
