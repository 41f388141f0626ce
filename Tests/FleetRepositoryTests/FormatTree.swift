import FleetCore

@testable import FleetRepository

/// A fleet repository in memory: paths and texts.
struct TextTree: FileTree {
    var files: [String: [UInt8]]

    init(_ texts: [String: String]) { files = texts.mapValues { Array($0.utf8) } }

    func file(at path: String, limit: Int) throws(FileTreeError) -> [UInt8]? {
        guard let bytes = files[path] else { return nil }
        guard bytes.count <= limit else {
            throw FileTreeError(path: path, code: .content, message: "it is larger than \(limit) bytes")
        }
        return bytes
    }

    func paths(below folder: String) throws(FileTreeError) -> [String] {
        files.keys.filter { folder.isEmpty || $0.hasPrefix("\(folder)/") }
            .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// This tree with a file changed, or removed by nil.
    func with(_ path: String, _ text: String?) -> TextTree {
        var tree = self
        tree.files[path] = text.map { Array($0.utf8) }
        return tree
    }

    /// A repository without a fault: two canaries, two stores, an included baseline, a source list.
    static let sound = TextTree([
        "fleet.yaml": """
        apiVersion: plimsoll/v1
        fleet: acme-edge
        agent: "0.1"
        trust: {policy: first-parent}
        status: {remote: null, heartbeat: 24h}
        defaults:
          attempts: 3
          freeze: [{from: 2026-12-20, to: 2027-01-02, reason: holiday trading}]
        hold: null

        """,
        "trust/allowed_signers": "ada@example.com ssh-ed25519 \(keyText(900).split(separator: " ")[1])\n",
        "sources/debian-12.sources": "Types: deb\n",
        "baselines/core.yaml": """
        apiVersion: plimsoll/v1
        manager: apt
        sources: [debian-12]
        packages: {src:openssl: 3.0.17-1~deb12u2}
        checks: [{service: ssh}]

        """,
        "baselines/debian-12.yaml": """
        apiVersion: plimsoll/v1
        description: Debian 12
        manager: apt
        for: {id: debian, version: "12"}
        include: [core]
        packages:
          nginx: 1.22.1-9+deb12u3
          telnetd: absent
        checks: [{service: nginx}]

        """,
        "groups/canary/group.yaml": """
        apiVersion: plimsoll/v1
        baseline: debian-12

        """,
        "groups/stores/group.yaml": """
        apiVersion: plimsoll/v1
        baseline: debian-12
        gate:
          after: [canary]
          healthy: 100%
          soak: 4h
          failures: 0
          silence: hold
        waves: [10%, 50%, 100%]
        window: [{days: [sat, sun], start: "01:00", end: "05:00", zone: UTC}]
        checks: []
        hold: null
        retry: null

        """,
        "groups/canary/nodes/canary-1.yaml": nodeText(1),
        "groups/canary/nodes/berlin/canary-2.yaml": nodeText(2),
        "groups/stores/nodes/atm-0001.yaml": nodeText(3),
        "groups/stores/nodes/berlin/atm-0002.yaml": nodeText(4),
    ])
}

/// A public key in OpenSSH's form; each number has its own.
func keyText(_ number: Int) -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
    var rest = number
    var digits: [Character] = []
    for _ in 0..<43 {
        digits.append(alphabet[rest % 64])
        rest /= 64
    }
    return "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI" + String(digits)
}

/// The file of a node with a key of its own.
func nodeText(_ number: Int) -> String { "apiVersion: plimsoll/v1\nkey: \(keyText(number))\n" }

/// Numbers that a seed repeats (SplitMix64, Steele et al., 2014).
struct SeededNumbers: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
