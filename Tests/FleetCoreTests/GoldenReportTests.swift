import FleetCore
import FleetTesting
import Testing

/// Reports of v1 as they were written, kept for ever: what the gate makes of them may never change.
struct GoldenReportTests {
    private static let c = Declaration(
        digest: .of(String(repeating: "c", count: 64)), commit: .of(String(repeating: "3", count: 40)))

    /// As an agent 0.1 wrote it.
    static let converged = """
        {
          "agent": "0.1.0",
          "baseline": {
            "admitted": {
              "commit": "3333333333333333333333333333333333333333",
              "digest": "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
            },
            "declared": {
              "commit": "3333333333333333333333333333333333333333",
              "digest": "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
            },
            "name": "debian-12"
          },
          "bootID": "0b1e8c0e-0000-4000-8000-000000000000",
          "checks": [],
          "commit": "3333333333333333333333333333333333333333",
          "failed": [],
          "findings": [],
          "fleet": "acme-edge",
          "group": "canary",
          "node": "canary-1",
          "packages": {
            "counts": {
              "installed": 2
            },
            "entries": [],
            "notApplicable": [
              "src:bind9"
            ]
          },
          "phase": "converged",
          "previous": null,
          "proven": [
            {
              "commit": "3333333333333333333333333333333333333333",
              "digest": "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc",
              "healthyFor": 14400
            }
          ],
          "reasons": [],
          "reboot": {
            "reason": null,
            "required": false
          },
          "schema": "plimsoll/report/v1",
          "sequence": 1,
          "system": {
            "architectures": [
              "amd64"
            ],
            "distribution": "debian",
            "kernel": "6.1.0-40-amd64",
            "version": "12"
          },
          "time": "2026-11-22T12:00:00Z"
        }

        """

    /// The same facts, with nothing but what every reader of v1 needs.
    static let stripped = """
        {"schema":"plimsoll/report/v1","fleet":"acme-edge","group":"canary","node":"canary-1","sequence":1,
        "commit":"3333333333333333333333333333333333333333","phase":"converged",
        "baseline":{"name":"debian-12","admitted":{"commit":"3333333333333333333333333333333333333333",
        "digest":"cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"}},
        "proven":[{"commit":"3333333333333333333333333333333333333333",
        "digest":"cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc","healthyFor":14400}],
        "failed":[],"packages":{"notApplicable":["src:bind9"]}}
        """

    /// The same facts, by an agent that knows more words and fields.
    static let newer = """
        {"schema":"plimsoll/report/v1","fleet":"acme-edge","group":"canary","node":"canary-1","sequence":1,
        "previous":null,"agent":"7.2","time":"2031-01-01T00:00:00.123Z","bootID":7,"attestation":{"tpm":[1,2,3.5]},
        "commit":"3333333333333333333333333333333333333333","phase":"marinating",
        "reasons":[{"code":"moonPhase","count":2,"message":"wait","until":"tomorrow","nodes":["a"]},{}],
        "baseline":{"name":"debian-12","channel":"x","declared":null,
        "admitted":{"commit":"3333333333333333333333333333333333333333","since":1,
        "digest":"cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"}},
        "proven":[{"commit":"3333333333333333333333333333333333333333","soakedBy":"x",
        "digest":"cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc","healthyFor":14400}],
        "failed":[],"packages":{"counts":{"shiny":3,"installed":1},"entries":[{"name":"nginx","state":"shiny"}],
        "notApplicable":["src:bind9","module:perl"]},"checks":[{"name":"x","result":"amused"}],
        "transaction":{"started":"2026-11-22T11:00:00Z","result":"pondered","changes":[{"name":"a"}]},
        "findings":[{"code":"x","message":"y","severity":9}],"reboot":{"required":false,"window":"x"},
        "system":{"architectures":["amd64"],"hypervisor":"kvm"}}
        """

    @Test func `the writer of today writes the same bytes`() throws {
        let bytes = Array(Self.converged.utf8)
        #expect(try Report(parsing: bytes).documentBytes == bytes)
    }

    @Test(arguments: [converged, stripped, newer])
    func `readers with fewer and with more fields agree on the gate`(_ document: String) throws {
        let canary = Canary("canary-1", try Report(parsing: Array(document.utf8)))
        let open = GateRule.sample().answer(
            for: Self.c, on: .sample([canary]), applied: [.of("src:openssl")])
        #expect(open.verdict == .open)
        let uncovered = GateRule.sample().answer(
            for: Self.c, on: .sample([canary]), applied: [.of("src:bind9")])
        #expect(uncovered.reasons.map(\.code) == [.uncovered])
        let soaking = GateRule.sample(soak: "5h").answer(
            for: Self.c, on: .sample([canary]), applied: [])
        #expect(soaking.reasons.map(\.code) == [.tooFewHealthy, .canarySoaking])
    }

    @Test(arguments: [
        ("\"failed\": []", Standing.healthy),
        (
            """
            "failed": [{"digest": "\(c.digest)", "commit": "\(c.commit)", "attempts": 3, "final": true,
            "reason": "x", "culprit": {"package": "nginx"}}]
            """, .failed
        ),
        (
            """
            "failed": [{"digest": "\(c.digest)", "commit": "\(c.commit)", "final": false}]
            """, .healthy
        ),
    ])
    func `failures are understood with fewer and with more fields`(
        _ failed: String, _ standing: Standing
    ) throws {
        let document = Self.converged.replacing("\"failed\": []", with: failed)
        let canary = Canary("canary-1", try Report(parsing: Array(document.utf8)))
        let answer = GateRule.sample().answer(for: Self.c, on: .sample([canary]), applied: [])
        #expect(answer.witnesses.map(\.standing) == [standing])
    }
}
