import FleetCore
import FleetTesting
import Testing

/// A baseline compared with what is installed: tables of entries and packages.
struct AssessmentTests {
    /// One comparison: entries and packages, and for each entry what comes of it.
    struct Case: CustomTestStringConvertible {
        let testDescription: String
        var entries: [String: String]
        var installed: [String]
        var architectures = ["amd64", "i386"]
        var newer = NewerPolicy.keep
        var placed: [String: String] = [:]
        var excepted: [String] = []
        /// The entries that apply, with their states.
        var states: [String: EntryState] = [:]
        var notApplicable: [String] = []
        var targets: [String: String] = [:]
        var removals: [String: Bool] = [:]

        func assessment() -> Assessment {
            Assessment(
                of: CanonicalForm(.sample(entries)),
                in: InventoryIndex(.sample(installed, architectures: architectures)), newer: newer,
                placed: Dictionary(uniqueKeysWithValues: placed.map { (.of($0.key), .of($0.value)) }),
                exceptions: Set(excepted.map { .of($0) }), sources: nil)
        }
    }

    static let packages = [
        Case(
            testDescription: "as declared", entries: ["nginx": "1"], installed: ["nginx 1"],
            states: ["nginx": .installed]),
        Case(
            testDescription: "another spelling of the version", entries: ["nginx": "0:1-0"],
            installed: ["nginx 1"], states: ["nginx": .installed]),
        Case(
            testDescription: "missing", entries: ["nginx": "1"], installed: [], states: ["nginx": .missing],
            targets: ["nginx:amd64": "1"]),
        Case(
            testDescription: "only its configuration is left", entries: ["nginx": "1"],
            installed: ["nginx 1 config-files"], states: ["nginx": .missing], targets: ["nginx:amd64": "1"]),
        Case(
            testDescription: "older", entries: ["nginx": "2"], installed: ["nginx 1"],
            states: ["nginx": .older], targets: ["nginx:amd64": "2"]),
        Case(
            testDescription: "newer is kept", entries: ["nginx": "1"], installed: ["nginx 2"],
            states: ["nginx": .newer]),
        Case(
            testDescription: "newer is replaced where the baseline says so", entries: ["nginx": "1"],
            installed: ["nginx 2"], newer: .replace, states: ["nginx": .newer],
            targets: ["nginx:amd64": "1"]),
        Case(
            testDescription: "newer goes back where Plimsoll put it", entries: ["nginx": "1"],
            installed: ["nginx 2"], placed: ["nginx:amd64": "2"], states: ["nginx": .newer],
            targets: ["nginx:amd64": "1"]),
        Case(
            testDescription: "newer than what Plimsoll put there is kept", entries: ["nginx": "1"],
            installed: ["nginx 3"], placed: ["nginx:amd64": "2"], states: ["nginx": .newer]),
        Case(
            testDescription: "a rebuild is not the package's declared version", entries: ["nginx": "1"],
            installed: ["nginx 1+b1"], states: ["nginx": .newer]),
        Case(
            testDescription: "0.270 is not 0.27", entries: ["nginx": "0.270"], installed: ["nginx 0.27"],
            states: ["nginx": .older], targets: ["nginx:amd64": "0.270"]),
        Case(
            testDescription: "half configured", entries: ["nginx": "1"], installed: ["nginx 1 broken"],
            states: ["nginx": .broken], targets: ["nginx:amd64": "1"]),
        Case(
            testDescription: "waits for triggers", entries: ["nginx": "1"],
            installed: ["nginx 1 triggers-pending"], states: ["nginx": .installed]),
        Case(
            testDescription: "held by hand", entries: ["nginx": "2", "curl": "2"],
            installed: ["nginx 1 held", "curl 1"], states: ["nginx": .held, "curl": .older],
            targets: ["curl:amd64": "2"]),
        Case(
            testDescription: "held by hand at the declared version", entries: ["nginx": "1"],
            installed: ["nginx 1 held"], states: ["nginx": .installed]),
        Case(
            testDescription: "held by hand, half configured, at another version", entries: ["nginx": "2"],
            installed: ["nginx 1 held broken"], states: ["nginx": .held]),
        Case(
            testDescription: "excepted", entries: ["nginx": "2", "curl": "2"],
            installed: ["nginx 1", "curl 1"], excepted: ["nginx"],
            states: ["nginx": .excepted, "curl": .older], targets: ["curl:amd64": "2"]),
        Case(
            testDescription: "a version that cannot be compared", entries: ["nginx": "1"],
            installed: ["nginx abc"], states: ["nginx": .unknown], targets: ["nginx:amd64": "1"]),
        Case(
            testDescription: "not demanded and not there", entries: ["libnew1": "1 where installed"],
            installed: [], notApplicable: ["libnew1"]),
        Case(
            testDescription: "not demanded and there", entries: ["libnew1": "2 where installed"],
            installed: ["libnew1 1"], states: ["libnew1": .older], targets: ["libnew1:amd64": "2"]),
        Case(
            testDescription: "not demanded, its configuration is left",
            entries: ["libnew1": "2 where installed"], installed: ["libnew1 1 config-files"],
            notApplicable: ["libnew1"]),
    ]

    static let architectures = [
        Case(
            testDescription: "a name means the own architecture", entries: ["libc6": "2"],
            installed: ["libc6 2", "libc6:i386 1"], states: ["libc6": .installed]),
        Case(
            testDescription: "an architecture is meant alone", entries: ["libc6:i386": "2"],
            installed: ["libc6 1", "libc6:i386 1"], states: ["libc6:i386": .older],
            targets: ["libc6:i386": "2"]),
        Case(
            testDescription: "a demanded package of a foreign architecture", entries: ["libc6:i386": "2"],
            installed: ["libc6 2"], states: ["libc6:i386": .missing], targets: ["libc6:i386": "2"]),
        Case(
            testDescription: "a node without the architecture", entries: ["libssl3:i386": "3"],
            installed: ["libssl3 1"], architectures: ["amd64"], notApplicable: ["libssl3:i386"]),
        Case(
            testDescription: "for all architectures, by its name", entries: ["tzdata": "2"],
            installed: ["tzdata:all 1"], states: ["tzdata": .older], targets: ["tzdata:all": "2"]),
        Case(
            testDescription: "for all architectures, by the own one", entries: ["tzdata:amd64": "1"],
            installed: ["tzdata:all 1"], states: ["tzdata:amd64": .installed]),
        Case(
            testDescription: "for all architectures, said so", entries: ["tzdata:all": "2"],
            installed: ["tzdata:all 1"], states: ["tzdata:all": .older], targets: ["tzdata:all": "2"]),
        Case(
            testDescription: "absent in every architecture", entries: ["telnetd": "absent"],
            installed: ["telnetd 1", "telnetd:i386 1"], states: ["telnetd": .forbidden],
            removals: ["telnetd:amd64": false, "telnetd:i386": false]),
        Case(
            testDescription: "absent in one architecture", entries: ["telnetd:i386": "absent"],
            installed: ["telnetd 1", "telnetd:i386 1"], states: ["telnetd:i386": .forbidden],
            removals: ["telnetd:i386": false]),
        Case(
            testDescription: "absent but for the architecture that is named",
            entries: ["telnetd": "absent", "telnetd:i386": "1"], installed: ["telnetd 1", "telnetd:i386 1"],
            states: ["telnetd": .forbidden, "telnetd:i386": .installed],
            removals: ["telnetd:amd64": false]),
    ]

    static let absences = [
        Case(
            testDescription: "absent and gone", entries: ["telnetd": "absent"], installed: [],
            states: ["telnetd": .installed]),
        Case(
            testDescription: "absent leaves configuration", entries: ["telnetd": "absent"],
            installed: ["telnetd 1 config-files"], states: ["telnetd": .installed]),
        Case(
            testDescription: "purged does not", entries: ["telnetd": "purged"],
            installed: ["telnetd 1 config-files"], states: ["telnetd": .forbidden],
            removals: ["telnetd:amd64": true]),
        Case(
            testDescription: "purged removes too", entries: ["telnetd": "purged"], installed: ["telnetd 1"],
            states: ["telnetd": .forbidden], removals: ["telnetd:amd64": true]),
        Case(
            testDescription: "absent but held by hand", entries: ["telnetd": "absent"],
            installed: ["telnetd 1 held"], states: ["telnetd": .held]),
        Case(
            testDescription: "absent but excepted", entries: ["telnetd": "absent"], installed: ["telnetd 1"],
            excepted: ["telnetd"], states: ["telnetd": .excepted]),
    ]

    static let sources = [
        Case(
            testDescription: "where installed only", entries: ["src:openssl": "3"], installed: ["nginx 1"],
            notApplicable: ["src:openssl"]),
        Case(
            testDescription: "all binaries in every architecture", entries: ["src:openssl": "3"],
            installed: [
                "openssl 2", "libssl3 3 source=openssl", "libssl3:i386 1 source=openssl", "libc6 1",
            ], states: ["src:openssl": .older], targets: ["openssl:amd64": "3", "libssl3:i386": "3"]),
        Case(
            testDescription: "a rebuild is of the source's version", entries: ["src:openssl": "3-1"],
            installed: ["libssl3 3-1+b1 source=openssl", "openssl 3-1+b12"],
            states: ["src:openssl": .installed]),
        Case(
            testDescription: "a rebuild of an older version", entries: ["src:openssl": "3-2"],
            installed: ["openssl 3-1+b1"], states: ["src:openssl": .older],
            targets: ["openssl:amd64": "3-2"]),
        Case(
            testDescription: "only configuration is left", entries: ["src:openssl": "3"],
            installed: ["openssl 2 config-files"], notApplicable: ["src:openssl"]),
        Case(
            testDescription: "a named package is not its source's",
            entries: ["src:openssl": "3", "libssl3": "2"],
            installed: ["openssl 3", "libssl3 2 source=openssl"],
            states: ["src:openssl": .installed, "libssl3": .installed]),
        Case(
            testDescription: "but in another architecture it is",
            entries: ["src:openssl": "3", "libssl3": "2"],
            installed: ["libssl3 2 source=openssl", "libssl3:i386 2 source=openssl"],
            states: ["src:openssl": .older, "libssl3": .installed], targets: ["libssl3:i386": "3"]),
        Case(
            testDescription: "a named architecture is not its source's",
            entries: ["src:openssl": "3", "libssl3:i386": "2"],
            installed: ["libssl3 3 source=openssl", "libssl3:i386 2 source=openssl"],
            states: ["src:openssl": .installed, "libssl3:i386": .installed]),
        Case(
            testDescription: "a package for all architectures, named by the own one",
            entries: ["src:tzdata": "3", "tzdata:amd64": "2"], installed: ["tzdata:all 2"],
            states: ["tzdata:amd64": .installed], notApplicable: ["src:tzdata"]),
        Case(
            testDescription: "what must be absent everywhere is not its source's anywhere",
            entries: ["src:openssl": "3", "libssl3": "absent"],
            installed: ["openssl 3", "libssl3:i386 2 source=openssl"],
            states: ["src:openssl": .installed, "libssl3": .forbidden],
            removals: ["libssl3:i386": false]),
        Case(
            testDescription: "one newer and kept, one older", entries: ["src:openssl": "3"],
            installed: ["openssl 2", "libssl3 4 source=openssl"], states: ["src:openssl": .older],
            targets: ["openssl:amd64": "3"]),
        Case(
            testDescription: "one held by hand leaves out the whole source", entries: ["src:openssl": "3"],
            installed: ["openssl 2 held", "libssl3 2 source=openssl"], states: ["src:openssl": .held]),
    ]

    @Test(arguments: packages + architectures + absences + sources)
    func `each entry has its state and asks for what it needs`(_ sample: Case) {
        let assessment = sample.assessment()
        let states = assessment.findings.map { ($0.key.description, $0.state) }
        #expect(Dictionary(uniqueKeysWithValues: states) == sample.states)
        #expect(assessment.notApplicable.map(\.description) == sample.notApplicable)
        let targets = assessment.request.targets.map { ($0.key.description, $0.value.description) }
        #expect(Dictionary(uniqueKeysWithValues: targets) == sample.targets)
        let removals = assessment.request.removals.map { ($0.key.description, $0.value) }
        #expect(Dictionary(uniqueKeysWithValues: removals) == sample.removals)
        #expect(assessment.isCompliant == sample.states.values.allSatisfy { $0 == .installed })
    }

    @Test(arguments: packages + architectures + absences + sources)
    func `once the request is fulfilled nothing of it remains, and nothing is asked for again`(
        _ sample: Case
    ) {
        let request = sample.assessment().request
        var after = sample
        after.installed = sample.installed.filter { line in
            let id = Self.id(of: line)
            return request.targets[id] == nil && request.removals[id] == nil
        }
        for (id, version) in request.targets {
            let old = sample.installed.first { Self.id(of: $0) == id }
            let source = old?.split(separator: " ").first { $0.hasPrefix("source=") } ?? ""
            after.installed.append("\(id) \(version) \(source)")
        }
        let inventory = Inventory.sample(after.installed, architectures: after.architectures)
        #expect(request.remaining(in: InventoryIndex(inventory)).isEmpty)
        #expect(after.assessment().request.isEmpty)
    }

    private static func id(of line: String) -> PackageID {
        let word = line.prefix { $0 != " " }
        return .of(word.contains(":") ? String(word) : "\(word):amd64")
    }

    @Test func `what is left out makes the node no evidence`() {
        let assessment = Case(
            testDescription: "", entries: ["a": "2", "b": "2", "c": "1", "d": "2"],
            installed: ["a 1 held", "b 1", "c 2", "d 1"], excepted: ["b"]
        ).assessment()
        #expect(assessment.leftOut.map(\.key.description) == ["a", "b", "c"])
        #expect(assessment.counts == [.held: 1, .excepted: 1, .newer: 1, .older: 1])
    }

    @Test func `bytes are demanded for the architectures that have a digest`() {
        let (own, foreign) = (Digest.letter("a"), Digest.letter("b"))
        let entry = Entry(
            .of("curl"),
            .version(.of("2"), presence: .demanded, sha256: [.of("amd64"): own, .of("arm64"): foreign]))
        let assessment = Assessment(
            of: CanonicalForm(Baseline(name: .of("base"), entries: [entry])),
            in: InventoryIndex(.sample([])), newer: .keep, placed: [:], exceptions: [], sources: nil)
        #expect(assessment.request.sha256 == [.of("curl:amd64"): own])
    }

    @Test func `a package that becomes one for all architectures, or ceases to be, is found again`() {
        let becomes = ChangeRequest(pins: [], targets: [.of("a:amd64"): .of("2")])
        #expect(becomes.remaining(in: InventoryIndex(.sample(["a:all 2"]))).isEmpty)
        let ceases = ChangeRequest(pins: [], targets: [.of("a:all"): .of("2")])
        #expect(ceases.remaining(in: InventoryIndex(.sample(["a:amd64 2"]))).isEmpty)
        #expect(!ceases.remaining(in: InventoryIndex(.sample(["a:amd64 1"]))).isEmpty)
    }
}
