import FleetTesting
import Foundation
import Testing

/// A gate that is loosened in the commit that needs it is refused.
struct OperatorLooseningTests {
    private let folder: TemporaryFolder
    private let clone: String

    init() throws {
        folder = try TemporaryFolder("operator-loosening")
        clone = folder.path("acme")
        let key = try SSHKeyFiles("ada", in: folder)
        let result = try plimsoll("init", clone, "--key", key.path)
        try #require(result.exitCode == 0, "\(result.errorText)")
        try write(soak: "4h")
        try git("checkout", "--quiet", "-b", "work")
        try commit("Begin")
    }

    @discardableResult
    private func git(_ arguments: String...) throws -> String {
        try runSuccessfully(["git"] + arguments, in: clone, environment: Git.environment).text
    }

    private func commit(_ message: String) throws { _ = try Git.commit(message, in: clone) }

    private func write(soak: String) throws {
        try folder.write(
            """
            apiVersion: plimsoll/v1
            baseline: debian-12
            gate: {after: [canary], soak: \(soak)}

            """, to: "acme/groups/stores/group.yaml")
    }

    private func write(packages: String) throws {
        try folder.write(
            "apiVersion: plimsoll/v1\nmanager: apt\npackages: \(packages)\n",
            to: "acme/baselines/debian-12.yaml")
    }

    private static let refusal =
        "groups/stores/group.yaml:3:1: the gate of group 'stores' is loosened: 'soak' goes from 4h to 1h; the same "
        + "change brings another content of the baseline 'debian-12'; loosen it in a commit of its own, merged before"

    @Test func inTheWorkTree() throws {
        #expect(try plimsoll("validate", clone).exitCode == 0)
        try write(packages: "{nginx: 1.22.1-9}")
        #expect(try plimsoll("validate", clone).exitCode == 0)
        try write(soak: "1h")
        let refused = try plimsoll("validate", clone)
        #expect(refused.exitCode == 65 && refused.lines.contains(Self.refusal), "\(refused.text)")
        try git("checkout", "--quiet", "--", "baselines")
        let told = try plimsoll("validate", clone)
        #expect(told.exitCode == 0)
        #expect(
            told.lines.contains(
                "groups/stores/group.yaml:3:1: warning: the gate of group 'stores' is loosened: 'soak' goes from 4h "
                    + "to 1h"))
    }

    @Test func inTheRangeOfAPullRequest() throws {
        try git("checkout", "--quiet", "-b", "pull")
        try write(packages: "{nginx: 1.22.1-9}")
        try commit("Bring nginx")
        try write(soak: "1h")
        try commit("Soak less")
        // What the branch has got meanwhile is not the pull request's.
        try git("checkout", "--quiet", "work")
        try folder.write("The store's own words.\n", to: "acme/README.md")
        try write(soak: "8h")
        try commit("Soak longer")
        let refused = try plimsoll("validate", clone, "work..pull")
        #expect(refused.exitCode == 65 && refused.lines.contains(Self.refusal), "\(refused.text)")
        // The same without the folder, and up to the commit that is checked out.
        try git("checkout", "--quiet", "pull")
        let here = try plimsoll("validate", "work..", in: clone)
        #expect(here.exitCode == 65 && here.lines.contains(Self.refusal), "\(here.text)")
        #expect(try plimsoll("validate", clone, "work..pull~1").exitCode == 0)
        // Each in a commit of its own, the one merged before the other.
        #expect(try plimsoll("validate", clone, "pull~1..pull").exitCode == 0)
    }

    private func write(group: String, gate: String) throws {
        try folder.write(
            "apiVersion: plimsoll/v1\nbaseline: debian-12\ngate: \(gate)\n",
            to: "acme/groups/\(group)/group.yaml")
    }

    private func enrol(_ node: String, in group: String) throws {
        let key = try SSHKeyFiles(node, in: folder)
        try folder.write(
            "apiVersion: plimsoll/v1\nkey: \(key.publicLine)\n",
            to: "acme/groups/\(group)/nodes/\(node).yaml")
    }

    /// Two stores behind the gate, a canary, and a laboratory without a gate.
    private func enrolAll() throws {
        for (node, group) in [("c-1", "canary"), ("s-1", "stores"), ("s-2", "stores"), ("l-1", "lab")] {
            try enrol(node, in: group)
        }
        try write(group: "lab", gate: "none")
        try commit("Enrol all")
    }

    private static let move =
        "groups/lab/group.yaml:3:1: moving s-1 from group 'stores' to 'lab' loosens the gate: the gate is dropped; the "
        + "same change brings another content of the baseline 'debian-12'; move in a commit of its own, merged before"

    @Test func movingNodesToAMilderGroupIsALooseningToo() throws {
        try enrolAll()
        try git("checkout", "--quiet", "-b", "pull")
        try git("mv", "groups/stores/nodes/s-1.yaml", "groups/lab/nodes/s-1.yaml")
        try commit("Move s-1")
        let told = try plimsoll("validate", clone, "work..pull")
        #expect(told.exitCode == 0, "\(told.text)\(told.errorText)")
        #expect(
            told.lines.contains(
                "groups/lab/group.yaml:3:1: warning: moving s-1 from group 'stores' to 'lab' loosens the gate: the "
                    + "gate is dropped"), "\(told.text)")
        try write(packages: "{nginx: 1.22.1-9}")
        try commit("Bring nginx")
        let refused = try plimsoll("validate", clone, "work..pull")
        #expect(refused.exitCode == 65 && refused.lines.contains(Self.move), "\(refused.text)")
        // Each in a commit of its own, the one merged before the other.
        #expect(try plimsoll("validate", clone, "pull~1..pull").exitCode == 0)
    }

    @Test func aGroupThatIsRenamedKeepsItsGateOrIsNamed() throws {
        try enrolAll()
        try git("checkout", "--quiet", "-b", "pull")
        try git("mv", "groups/stores", "groups/shops")
        try git("mv", "groups/canary", "groups/pilot")
        try write(group: "shops", gate: "{after: [pilot], soak: 4h}")
        try write(packages: "{nginx: 1.22.1-9}")
        try commit("Rename the groups, and bring nginx")
        let same = try plimsoll("validate", clone, "work..pull")
        #expect(same.exitCode == 0 && !same.text.contains("loosen"), "\(same.text)\(same.errorText)")
        try write(group: "shops", gate: "{after: [pilot], soak: 1h}")
        try commit("Soak less")
        let refused = try plimsoll("validate", clone, "work..pull")
        #expect(refused.exitCode == 65, "\(refused.text)")
        #expect(
            refused.lines.contains {
                $0.hasPrefix(
                    "groups/shops/group.yaml:3:1: moving s-1, s-2 from group 'stores' to 'shops' loosens the gate: "
                        + "'soak' goes from 4h to 1h; the same change brings")
            }, "\(refused.text)")
    }

    @Test func aGroupThatIsRenamedDoesNotComeToAnotherBaselineUngated() throws {
        try folder.write(
            "apiVersion: plimsoll/v1\nmanager: apt\npackages: {nginx: 1.22.1-9}\n",
            to: "acme/baselines/spare.yaml")
        try enrolAll()
        try git("checkout", "--quiet", "-b", "pull")
        try git("mv", "groups/stores", "groups/shops")
        try folder.write(
            "apiVersion: plimsoll/v1\nbaseline: spare\ngate: none\n", to: "acme/groups/shops/group.yaml")
        try commit("Rename the stores, and let them take the spare baseline")
        let refused = try plimsoll("validate", clone, "work..pull")
        #expect(refused.exitCode == 65, "\(refused.text)")
        #expect(
            refused.text.contains("to 'shops' loosens the gate: the gate is dropped; the same change brings"),
            "\(refused.text)")
    }

    @Test func takingCanariesAwayIsALooseningToo() throws {
        try enrolAll()
        for number in 2...10 { try enrol("c-\(number)", in: "canary") }
        try commit("Enrol more canaries")
        try git("checkout", "--quiet", "-b", "pull")
        for number in 3...10 {
            try git("mv", "groups/canary/nodes/c-\(number).yaml", "groups/stores/nodes/c-\(number).yaml")
        }
        try commit("Move canaries")
        let what =
            "groups/stores/group.yaml:3:1: %the gate of group 'stores' is loosened: 'canary' has 2 nodes instead of "
            + "10, of which 2 instead of 10 must be healthy"
        let told = try plimsoll("validate", clone, "work..pull")
        #expect(told.exitCode == 0, "\(told.text)\(told.errorText)")
        #expect(
            told.lines.contains(what.replacingOccurrences(of: "%", with: "warning: ")), "\(told.text)")
        try write(packages: "{nginx: 1.22.1-9}")
        try commit("Bring nginx")
        let refused = try plimsoll("validate", clone, "work..pull")
        #expect(refused.exitCode == 65, "\(refused.text)")
        #expect(
            refused.text.contains(what.replacingOccurrences(of: "%", with: "") + "; the same change brings"),
            "\(refused.text)")
    }

    @Test func aRangeThatIsNoneIsAMistakeOfTheCaller() throws {
        for range in ["nowhere..work", "work...nothing"] {
            let result = try plimsoll("validate", clone, range)
            #expect(result.exitCode == 64, "\(range): \(result.text) \(result.errorText)")
        }
        #expect(try plimsoll("validate", "../acme", in: clone).exitCode == 0)
    }

    @Test func aRolloutThatMayTakeWeeksIsSaid() throws {
        try write(soak: "8d")
        let result = try plimsoll("validate", clone)
        #expect(result.exitCode == 0)
        #expect(
            result.text.contains(
                "groups/stores/group.yaml:3:25: warning: up to 8d may pass from a merge to the last step of 'stores', "
                    + "more than 7d; all of it is this soak: shorten it"
            ),
            "\(result.text)")
    }
}
