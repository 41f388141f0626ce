import FleetCore
import FleetReconciler
import FleetTesting
import Testing

@testable import FleetPackages

/// The lines of apt's programs, and what is made for them.
struct AptOutputTests {
    @Test func `steps of a simulation, with all that may stand in them`() throws {
        let simulation = try AptSimulation(
            """
            Reading package lists...
            Inst libc6:i386 [2.36-9] (2.36-10 Debian:12.5/stable, Debian-Security:12/stable-security [i386]) \
            [libc6:i386 on libc6:amd64] [x:i386 ]
            Inst app (1:2.0+b1 My [odd] (origin) [all])
            Conf app (1:2.0+b1 My [odd] (origin) [all])
            Conf other (3 localhost [amd64])
            Remv telnetd [0.17-41] [broken:amd64 ]
            Remv lib:i386 [1]
            Instruments are not steps
            """)
        #expect(
            simulation.installs.map { "\($0.key)=\($0.value)" }.sorted() == [
                "app:all=1:2.0+b1", "libc6:i386=2.36-10",
            ])
        #expect(
            simulation.configurations.map { "\($0.key)=\($0.value)" }.sorted() == [
                "app:all=1:2.0+b1", "other:amd64=3",
            ])
        #expect(simulation.removals == ["telnetd", "lib:i386"])
    }

    @Test(arguments: [
        "Inst", "Inst app", "Inst app (1", "Inst app (1 x)", "Conf app [1]", "Inst a!b (1 x [all])",
    ])
    func `a step that cannot be understood is an error`(line: String) {
        #expect { try AptSimulation(line) } throws: { ($0 as? PackageError)?.code == .unreadable }
    }

    @Test func `progress and errors of dpkg`() {
        #expect(
            AptStatusLine("pmstatus:libfoo1:22.2222:Unpacking libfoo1 (amd64)")
                == .progress(PackageProgress(percent: 22, message: "Unpacking libfoo1 (amd64)")))
        #expect(
            AptStatusLine("pmerror:bad:amd64:55.5556:installed bad:amd64 package failed: status 3")
                == .failure(package: "bad:amd64", message: "installed bad:amd64 package failed: status 3"))
        #expect(AptStatusLine("dlstatus:1:0.0000:Retrieving file 1 of 2") == nil)
        for line in ["", ":", "pmstatus", "pmstatus:a:b:c", "pmerror:a:nan.:", "pmstatus:a:1e999.0:x"] {
            #expect(AptStatusLine(line[...]) == nil, "\(line)")
        }
    }

    @Test func `pins become preferences`() throws {
        let preferences = AptPreferences([
            Pin(key: try parse("src:foo"), version: try parse("1:1.0+dfsg-1")),
            Pin(key: try parse("libc6:i386"), version: try parse("2.36-9")),
        ])
        #expect(
            preferences.text == """
                Package: src:foo
                Pin: version /^1:1\\.0\\+dfsg-1(\\+b[0-9]+)?$/
                Pin-Priority: 1001

                Package: libc6:i386
                Pin: version 2.36-9
                Pin-Priority: 1001

                """)
    }

    @Test func `exact demands of a package`() {
        let text = """
            Package: foo
            Architecture: amd64
            Version: 2-1
            Source: foo-src (2)
            Depends: liba (= 1), libb:any (=2), libc (>= 3), libd (= 4) | libe, libf
            Pre-Depends: libg (= 5)

            """
        let records = CandidateRecord.parse(Array(text.utf8))
        #expect(records.map(\.source.description) == ["foo-src"])
        #expect(
            records.first?.exactDemands.map { "\($0.key)=\($0.value)" }.sorted() == [
                "liba=1", "libb=2", "libg=5",
            ])
    }

    @Test func `package files that apt would fetch`() throws {
        let digest = Digest(of: [])
        let files = RemoteFile.parse(
            """
            Reading package lists...
            'file:/pool/foo_2.0%2bb1_amd64.deb' foo_2.0+b1_amd64.deb 20672 SHA256:\(digest)
            'http://deb/x.deb' x_1%3a1_all.deb 5000000000 SHA256:\(digest)
            'http://deb/y.deb' y_1_all.deb 1 MD5Sum:00
            """)
        #expect(files.map(\.localPath) == ["/pool/foo_2.0+b1_amd64.deb", nil])
        #expect(files.map(\.size) == [20_672, 5_000_000_000])
        #expect(
            RemoteFile(uri: "file:///a%2", name: "../x", size: 0, sha256: digest).localPath == "/a%2")
        #expect(RemoteFile(uri: "file:/a", name: "../x", size: 0, sha256: digest).safeName == nil)
    }

    @Test(arguments: [
        ("ID=debian\nVERSION_ID=\"12\"\nNAME='Debian \"GNU\"'\n", "debian", "12"),
        ("# ID=no\nID=arch\n", "arch", ""),
        ("ID=\"a\\\"b\"\nVERSION_ID=\n", "a\"b", ""), ("", "", ""),
    ])
    func `os-release names the system`(text: String, id: String, version: String) throws {
        let folder = try TemporaryFolder()
        try folder.write(text, to: "etc/os-release")
        try folder.write("ID=other\n", to: "usr/lib/os-release")
        let facts = try SystemFacts.read(root: folder.path)
        #expect(facts.id == id)
        #expect(facts.version == version)
        #expect(facts.kernel == (try runSuccessfully(["uname", "-r"]).text))
    }
}
