import FleetCore
import Testing

@testable import FleetRepository

struct FormatNodeTests {
    private func decode(_ text: String) throws -> Decoded<PlacedNode> {
        NodeFile.decode(
            Array(text.utf8), name: try #require(NodeName("atm")), group: try #require(GroupName("stores")),
            path: "n.yaml")
    }

    @Test func readsAllKeysOfTheDesign() throws {
        let text = """
            apiVersion: plimsoll/v1
            key: \(keyText(1)) root@atm-0001 in Berlin
            labels: {site: berlin-3, model: 0.270}
            except:
              src:nginx: {reason: vendor case 4711, until: 2027-01-31}
              libc6:i386: {reason: "null", until: null}
            hold: null
            retry: "2"
            """
        let node = try #require(try decode(text).flawless?.node)
        #expect(node.key == keyText(1))
        #expect(node.labels == ["site": "berlin-3", "model": "0.270"])
        let nginx = try #require(EntryKey("src:nginx"))
        let libc = try #require(EntryKey("libc6:i386"))
        #expect(
            node.exceptions == [
                nginx: EntryException(reason: "vendor case 4711", until: CalendarDay("2027-01-31")),
                libc: EntryException(reason: "null", until: nil),
            ])
        #expect(node.hold == nil)
        #expect(node.retry == "2")
    }

    @Test(arguments: [
        ("labels: {}", ["1:1: the key 'key' is missing; expected \(NodeKey.expected)"]),
        ("key: ssh-dss AAAA", ["2:6: found 'ssh-dss AAAA'; expected \(NodeKey.expected)"]),
        ("key: ssh-ed25519", ["2:6: found 'ssh-ed25519'; expected \(NodeKey.expected)"]),
        ("key: null", ["2:6: found 'null'; expected \(NodeKey.expected)"]),
        ("key:", ["2:5: found nothing; expected \(NodeKey.expected)"]),
        (
            "key: \(keyText(1))\nlabels: {a b: c, d: [], e: ''}\nexcept: {Nginx!: {reason: x}, nginx: "
                + "{until: soon}}",
            [
                "3:10: found 'a b'; expected a label: 1–63 letters, digits and '- _ . /'",
                "3:21: found a list; expected a line of text of at most 500 characters",
                "3:28: found ''; expected a line of text of at most 500 characters",
                "4:10: found 'Nginx!'; expected \(EntryKey.expected)",
                "4:38: the key 'reason' is missing; expected a line of text",
                "4:46: found 'soon'; expected a day such as 2026-11-30",
            ]
        ),
        (
            "key: \(keyText(1))\ngroup: x",
            ["3:1: unknown key 'group'; known here: apiVersion, key, labels, except, hold, retry"]
        ),
    ])
    func saysWhatIsWrong(text: String, expected: [String]) throws {
        let decoded = try decode("apiVersion: plimsoll/v1\n\(text)\n")
        #expect(decoded.problems.sorted().map(\.description) == expected.map { "n.yaml:\($0)" })
    }

    /// Made by `ssh-keygen`.
    @Test(arguments: [
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIC4bjm+Jj35FNzk0eaNPpB6bZWqUc7SlnrBxauR2gliy",
        "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBBzDfVmC"
            + "nYJYrugkjaZIhj0C6P7LJKBeZp+oL0LBTf1YBeZ4WwK3h+dSC56IztfO8xgTpFw2oK4dw+BMqYiJslw=",
        "ecdsa-sha2-nistp384 AAAAE2VjZHNhLXNoYTItbmlzdHAzODQAAAAIbmlzdHAzODQAAABhBKs/hoW/"
            + "pNCGXqkO01FqzCEpPyR6mTaz8SLESS9JcdMHuzrMv+AMcmR54AyVjGXJeb5WIqqj4mDSTggMnqZ4EUu8"
            + "tlKgwSFz+ndxCxkii7YGe5Hi7YmEwEHWYDXf955G6w==",
        "ecdsa-sha2-nistp521 AAAAE2VjZHNhLXNoYTItbmlzdHA1MjEAAAAIbmlzdHA1MjEAAACFBABrinyR"
            + "JD6smb8dXatSlD0RacEibGaCAM0AQ4EyIn4jof+Em0Yo2tEPneZaWbHqJqvXG4dSEOTOsJcSuCx/FHLD"
            + "UgCkkZpn/wO+8C2KUD1/XtccO+Uh6nNbZUJmQYasQ/Q6bgCELk8FR+n6ffneYofBr1KrD8OOIul1WGp6"
            + "iz1Jj9rGCg==",
        "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQDM9RBD4trjb5ZrMR9/vVBd1rf+Mg+M"
            + "ncIDjzSawTWnywnZxVfWZ65GL8VmPzAsraaRc8t/DhWvIUyESeY+HXP7ltPLoY/4kbu/BEmizHSHodJ8"
            + "bgCzwOS0iu4F/oRojbBWWg65qGsG+gvQtoO6lBpK1X83HyeLNl3h6jHfmKh6YXTRolgcRT4tAKAwOrCp"
            + "WGhrra2Qo0LEluCSGOtJ89xhS/wU1a9ua4iGTOzDbD6HlSBfrZr0a2HHdoSxgkyWAmmHyQ0Siyy6YW/d"
            + "9EOayhBWSTYUAzaPDX5/wZb6/7LiB6qjBUO0mU7jEumnPxk/rbY9W+nfPgJhpVa6L4xySOj9",
    ])
    func readsEachTypeOfKey(text: String) {
        #expect(NodeKey(text)?.description == text)
        #expect(NodeKey(text + " root@node with a comment")?.description == text)
        #expect(NodeKey(text.dropLast()) == nil)
        // The numbers of an RSA key may be of any length; whether they fill the base64 is seen when it is
        // used.
        if !text.hasPrefix("ssh-rsa") { #expect(NodeKey(text + "AAAA") == nil) }
        #expect(NodeKey(text + "\u{7}") == nil)
    }

    @Test func findsTheKeysOfAllowedSigners() {
        let text = """
            # ssh-ed25519 AAAAcomment
            ada@example.com namespaces="git" ssh-ed25519 AAAAada ada's key
            \tbob@example.com,eve@example.com\tssh-rsa AAAAbob\r
            broken@example.com ssh-ed25519
            """
        #expect(NodeKey.base64(inAllowedSigners: text) == ["AAAAada", "AAAAbob"])
    }
}
