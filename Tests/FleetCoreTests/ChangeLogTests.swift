import FleetCore
import FleetTesting
import Testing

/// What Plimsoll changed, and what going back returns of it.
struct ChangeLogTests {
    private let b = Declaration("B", by: 2)
    private let c = Declaration("C", by: 3)

    private func change(_ id: String, _ from: String?, _ to: String?) -> PackageChange {
        PackageChange(id: .of("\(id):amd64"), from: from.map { .of($0) }, to: to.map { .of($0) })
    }

    private func returns(
        _ log: ChangeLog, leaving left: Declaration, for entries: [String: String], installed: [String]
    ) -> [PackageChange] {
        log.returns(
            leaving: [left], for: CanonicalForm(.sample(entries)), in: InventoryIndex(.sample(installed)))
    }

    @Test func `an older baseline that never named nginx still loses the bad nginx`() {
        var log = ChangeLog()
        log.record([change("nginx", "1", "2")], for: c)
        let returns = returns(log, leaving: c, for: ["curl": "1"], installed: ["nginx 2", "curl 1"])
        #expect(returns == [change("nginx", "2", "1")])
    }

    @Test func `what came in goes, what went comes back`() {
        var log = ChangeLog()
        log.record([change("libnew1", nil, "1"), change("libold1", "1", nil)], for: c)
        #expect(
            returns(log, leaving: c, for: [:], installed: ["libnew1 1"])
                == [change("libnew1", "1", nil), change("libold1", nil, "1")])
    }

    @Test func `what the baseline names is its own matter`() {
        var log = ChangeLog()
        log.record([change("nginx", "1", "2"), change("libssl3", "1", "2")], for: c)
        let installed = ["nginx 2", "libssl3 2 source=openssl"]
        #expect(
            returns(log, leaving: c, for: ["nginx": "1", "src:openssl": "1"], installed: installed) == [])
        #expect(
            returns(log, leaving: c, for: ["nginx:amd64": "1", "libssl3": "absent"], installed: installed)
                == [])
    }

    @Test func `a binary that came in with a newer version of a source goes, though the source is named`() {
        var log = ChangeLog()
        log.record([change("libssl3t64", nil, "2"), change("openssl", "1", "2")], for: c)
        let installed = ["libssl3t64 2 source=openssl", "openssl 2"]
        let returns = returns(log, leaving: c, for: ["src:openssl": "1"], installed: installed)
        #expect(returns == [change("libssl3t64", "2", nil)])
        // The source's entry does not ask for the older version of what must go.
        let request = Assessment(
            of: CanonicalForm(.sample(["src:openssl": "1"])), in: InventoryIndex(.sample(installed)),
            newer: .keep, placed: log.placed, exceptions: [], sources: nil, returns: returns
        ).request
        #expect(request.targets == [.of("openssl:amd64"): .of("1")])
        #expect(request.removals == [.of("libssl3t64:amd64"): false])
    }

    @Test func `what someone else has changed since is left alone`() {
        var log = ChangeLog()
        log.record([change("nginx", "1", "2"), change("curl", nil, "1")], for: c)
        #expect(returns(log, leaving: c, for: [:], installed: ["nginx 3"]) == [])
    }

    @Test func `what is held by hand is left alone`() {
        var log = ChangeLog()
        log.record([change("nginx", "1", "2")], for: c)
        #expect(returns(log, leaving: c, for: [:], installed: ["nginx 2 held"]) == [])
    }

    @Test func `several changes of one package are one, from its first version to its last`() {
        var log = ChangeLog()
        log.record([change("nginx", "1", "2")], for: c)
        log.record([change("nginx", "2", "3"), change("curl", "1", "2")], for: c)
        log.record([change("curl", "2", "1")], for: c)
        #expect(log.chapters.map(\.changes) == [[change("nginx", "1", "3")]])
    }

    @Test func `a return that fails undoes its own changes, not those of the first visit`() {
        var log = ChangeLog()
        log.record([change("till", nil, "1"), change("lib", nil, "1")], for: b, isOpen: true)
        log.close()
        log.record([change("till", "1", "2")], for: c, isOpen: true)
        log.close()
        log.record([change("till", "2", "1")], for: b, isOpen: true)
        #expect(log.changesToUndo(for: b) == [change("till", "2", "1")])
        // An attempt that came back to where it began has nothing to undo.
        log.record([change("till", "1", "2")], for: b, isOpen: true)
        #expect(log.changesToUndo(for: b) == [])
        log.forgetUndone(for: b)
        #expect(log.chapters.map(\.declaration) == [b, c])
        #expect(log.placed == [.of("till:amd64"): .of("2"), .of("lib:amd64"): .of("1")])
    }

    @Test func `what came to its end joins what was changed before`() {
        var log = ChangeLog()
        log.record([change("till", nil, "1")], for: b)
        log.record([change("till", "2", "1"), change("lib", nil, "1")], for: b, isOpen: true)
        log.close()
        #expect(log.chapters.map(\.changes) == [[change("lib", nil, "1"), change("till", nil, "1")]])
        #expect(log.chapters.allSatisfy { !$0.isOpen })
    }

    @Test func `an open chapter is kept in the state`() throws {
        let chapter = ChangeLog.Chapter(declaration: b, changes: [change("till", "2", "1")], isOpen: true)
        #expect(ChangeLog.Chapter(json: chapter.json) == chapter)
        let closed = ChangeLog.Chapter(declaration: b, changes: [change("till", "2", "1")])
        #expect(closed.json["open"] == nil)
    }

    @Test func `changes of several declarations that are left are returned to before the first`() {
        var log = ChangeLog()
        log.record([change("nginx", "1", "2")], for: b)
        log.record([change("nginx", "2", "3")], for: c)
        let returns = log.returns(
            leaving: [b, c], for: CanonicalForm(.sample([:])), in: InventoryIndex(.sample(["nginx 3"])))
        #expect(returns == [change("nginx", "3", "1")])
    }

    @Test func `what Plimsoll put there last is what counts as placed`() {
        var log = ChangeLog()
        log.record([change("nginx", "1", "2"), change("curl", "1", "2")], for: c)
        log.record([change("nginx", "2", "1"), change("curl", "2", nil)], for: b)
        #expect(log.placed == [.of("nginx:amd64"): .of("1")])
        log.keep { $0 == c }
        #expect(log.placed == [.of("nginx:amd64"): .of("2"), .of("curl:amd64"): .of("2")])
    }

    @Test func `undoing is the inverse of what was changed`() {
        let request = ChangeRequest.undoing(
            [change("a", "1", "2"), change("b", nil, "1"), change("c", "1", nil)], sources: nil)
        #expect(request.targets == [.of("a:amd64"): .of("1"), .of("c:amd64"): .of("1")])
        #expect(request.removals == [.of("b:amd64"): false])
    }
}
