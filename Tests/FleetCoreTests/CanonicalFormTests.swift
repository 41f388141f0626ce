import FleetCore
import FleetTesting
import Testing

/// The form of a baseline that is hashed. What stands here may never change.
struct CanonicalFormTests {
    /// A baseline, its canonical bytes, and its digest for ever.
    struct Golden: CustomTestStringConvertible {
        let testDescription: String
        let entries: [Entry]
        let bytes: String
        let digest: String
    }

    private static let amd64 = Digest(of: Array("amd64".utf8))
    private static let arm64 = Digest(of: Array("arm64".utf8))

    static let golden = [
        Golden(
            testDescription: "empty", entries: [], bytes: #"{"entries":{},"format":1,"manager":"apt"}"#,
            digest: "65ac36e86310ba0f7d1219f2843662e6b39472027cefafc439a0bb0885831088"),
        Golden(
            testDescription: "one package", entries: [Entry("nginx", "1.22.1-9+deb12u3")],
            bytes: #"{"entries":{"nginx":{"version":"1.22.1-9+deb12u3"}},"format":1,"manager":"apt"}"#,
            digest: "dce9020e7edc7d151d6107eb2382432c94dd5cf4a5944bbaea75f5a0cb783a58"),
        Golden(
            testDescription: "one source", entries: [Entry("src:openssl", "3.0.17-1~deb12u2")],
            bytes: #"{"entries":{"src:openssl":{"version":"3.0.17-1~deb12u2"}},"format":1,"manager":"apt"}"#,
            digest: "3683fa577476d708b9a1c2028133aa7d58914dc032b6ef6354dbd0093547a3ae"),
        Golden(
            testDescription: "one architecture", entries: [Entry("libc6:i386", "2.36-9+deb12u13")],
            bytes: #"{"entries":{"libc6:i386":{"version":"2.36-9+deb12u13"}},"format":1,"manager":"apt"}"#,
            digest: "10dae1115202c29d91f952436fe8ac8a9040f1f71c02f1ddba0ac91e1303183e"),
        Golden(
            testDescription: "where installed", entries: [Entry("libnew1", "1.4-2 where installed")],
            bytes: #"{"entries":{"libnew1":{"install":false,"version":"1.4-2"}},"format":1,"manager":"apt"}"#,
            digest: "b280e4bfc6f9c7114aec8714954595f8dab4b996d6719a03581579b3607f7883"),
        Golden(
            testDescription: "absent and purged",
            entries: [Entry("telnetd", "absent"), Entry("rsh", "purged")],
            bytes:
                #"{"entries":{"rsh":{"purged":true},"telnetd":{"absent":true}},"format":1,"manager":"apt"}"#,
            digest: "cdb4ce425c784ac211e6836d7a8f07909d7d6d2f431283029f3cd88dbaca0847"),
        Golden(
            testDescription: "digests of files",
            entries: [
                Entry(
                    EntryKey.of("curl"),
                    .version(
                        .of("7.88.1-10+deb12u14"), presence: .demanded,
                        sha256: [.of("arm64"): arm64, .of("amd64"): amd64]))
            ],
            bytes: """
                {"entries":{"curl":{"sha256":{"amd64":"\(amd64)","arm64":"\(arm64)"},\
                "version":"7.88.1-10+deb12u14"}},"format":1,"manager":"apt"}
                """,
            digest: "a603272323234e39b317853bc6b3853a7e8b6e4d35aae08259c178070078d800"),
        Golden(
            testDescription: "versions that look like numbers",
            entries: [Entry("a", "0.270"), Entry("b", "1.10"), Entry("c", "1e3"), Entry("d", "010")],
            bytes: """
                {"entries":{"a":{"version":"0.270"},"b":{"version":"1.10"},"c":{"version":"1e3"},\
                "d":{"version":"010"}},"format":1,"manager":"apt"}
                """,
            digest: "4aa4afa1eb963675be33acbed030c097f3ea83c9f1b27f7c7954b98001933d3b"),
        Golden(
            testDescription: "the order of bytes",
            entries: [
                Entry("src:a", "1"), Entry("b", "1"), Entry("a:i386", "1"), Entry("a+", "1"), Entry("a", "1"),
                Entry("B", "1"), Entry("a1", "1"),
            ],
            bytes: """
                {"entries":{"B":{"version":"1"},"a":{"version":"1"},"a+":{"version":"1"},"a1":{"version":"1"},\
                "a:i386":{"version":"1"},"b":{"version":"1"},"src:a":{"version":"1"}},"format":1,"manager":"apt"}
                """,
            digest: "4a5cfd1072e65661a645aec5940a1c48ccd228d52f87476b0a303e6d289fbab7"),
        Golden(
            testDescription: "an epoch",
            entries: [Entry("gcc", "4:12.2.0-3"), Entry("src:vim", "2:9.0.1378-2")],
            bytes: """
                {"entries":{"gcc":{"version":"4:12.2.0-3"},"src:vim":{"version":"2:9.0.1378-2"}},\
                "format":1,"manager":"apt"}
                """,
            digest: "99c9022a505b3e8fb4586346db629c7882634b77a30c2d833f4b5b257dcd4c47"),
        Golden(
            testDescription: "the page's own example",
            entries: [
                Entry("src:openssl", "3.0.17-1~deb12u2"), Entry("nginx", "1.22.1-9+deb12u3"),
                Entry("libnew1", "1.4-2 where installed"), Entry("libc6:i386", "2.36-9+deb12u13"),
                Entry("telnetd", "absent"),
            ],
            bytes: """
                {"entries":{"libc6:i386":{"version":"2.36-9+deb12u13"},"libnew1":{"install":false,\
                "version":"1.4-2"},"nginx":{"version":"1.22.1-9+deb12u3"},"src:openssl":\
                {"version":"3.0.17-1~deb12u2"},"telnetd":{"absent":true}},"format":1,"manager":"apt"}
                """,
            digest: "948911ac272775445a47ee2aacfeb0244c1be99f05002c82d5c51ad3d3de0ed3"),
    ]

    @Test(arguments: golden)
    func `golden digests stay for ever`(_ golden: Golden) {
        let form = CanonicalForm(Baseline(name: .of("golden"), entries: golden.entries))
        #expect(String(decoding: form.json.canonicalBytes, as: UTF8.self) == golden.bytes)
        #expect(form.digest.hex == golden.digest)
    }

    @Test func `that a change need not be undone is in it, only where it is said`() {
        let entries = [Entry("nginx", "1")]
        let form = CanonicalForm(Baseline(name: .of("golden"), entries: entries, irreversible: .allow))
        let bytes = """
            {"entries":{"nginx":{"version":"1"}},"format":1,"irreversible":"allow","manager":"apt"}
            """
        #expect(String(decoding: form.json.canonicalBytes, as: UTF8.self) == bytes)
        #expect(form.digest.hex == "279f4f1643fe8a69bf482f26c450f9d8920ee7fe9c65cd9d6621eb27d81162c6")
        #expect(CanonicalForm(json: form.json) == form)
        let silent = CanonicalForm(Baseline(name: .of("golden"), entries: entries))
        #expect(!String(decoding: silent.json.canonicalBytes, as: UTF8.self).contains("irreversible"))
        #expect(silent.digest != form.digest)
    }

    @Test func `how many kernels stay is in it, only where it is said`() {
        let entries = [Entry("nginx", "1")]
        let form = CanonicalForm(Baseline(name: .of("golden"), entries: entries, kernels: 2))
        let bytes = #"{"entries":{"nginx":{"version":"1"}},"format":1,"kernels":2,"manager":"apt"}"#
        #expect(String(decoding: form.json.canonicalBytes, as: UTF8.self) == bytes)
        #expect(form.digest.hex == "3c8305594571126fc9976eb848efda10c1c95de728234e99d90103a683ff1bd8")
        #expect(CanonicalForm(json: form.json) == form)
        let silent = CanonicalForm(Baseline(name: .of("golden"), entries: entries))
        #expect(!String(decoding: silent.json.canonicalBytes, as: UTF8.self).contains("kernels"))
        #expect(CanonicalForm(json: silent.json) == silent)
    }

    @Test func `the short and the long way of writing an entry are one`() {
        let short = Baseline.sample(["nginx": "1", "src:openssl": "3"])
        let long = Baseline.sample(["nginx": "1 demanded", "src:openssl": "3 where installed"])
        #expect(CanonicalForm(short).digest == CanonicalForm(long).digest)
    }

    @Test func `what changes no package is not in it`() {
        let bare = Baseline(name: .of("a"), entries: [Entry("nginx", "1")])
        let rich = Baseline(
            name: .of("b"), description: "words", system: SystemRequirement(id: "debian", version: "12"),
            sources: [.of("debian-12")],
            entries: [
                Entry(
                    .of("nginx"), .version(.of("1"), presence: .demanded, sha256: [:]), severity: .critical,
                    advisories: ["DSA-6015-1"])
            ], newer: .replace, checks: [Check(.service("nginx"))], reboot: .never,
            urgent: Urgency(until: .of("2026-11-30"), reason: "DSA-6015-1"))
        #expect(CanonicalForm(bare).digest == CanonicalForm(rich).digest)
    }

    @Test(arguments: 0..<50)
    func `the order of entries is irrelevant`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let entries = (0..<20).map { Entry("p\($0)", "\(generator.below(5))") }
        let digest = CanonicalForm(Baseline(name: .of("a"), entries: entries)).digest
        let shuffled = Baseline(name: .of("a"), entries: entries.shuffled(using: &generator))
        #expect(CanonicalForm(shuffled).digest == digest)
    }

    @Test func `each of these is another digest`() {
        let baselines = [
            ["nginx": "1"], ["nginx": "2"], ["nginx": "1.0"], ["nginx": "0:1"], ["nginx:amd64": "1"],
            ["src:nginx": "1"], ["src:nginx": "1 demanded"], ["nginx": "1 where installed"],
            ["nginx": "absent"],
            ["nginx": "purged"], ["nginx2": "1"], [:],
        ].map { CanonicalForm(.sample($0)).digest }
        #expect(Set(baselines).count == baselines.count)
    }

    @Test(arguments: golden)
    func `it is kept in the state and read again`(_ golden: Golden) {
        let form = CanonicalForm(Baseline(name: .of("golden"), entries: golden.entries))
        #expect(CanonicalForm(json: form.json) == form)
    }

    @Test func `a form of another format is not guessed at`() {
        let json: JSONValue = ["format": .number(2), "manager": "apt", "entries": [:]]
        #expect(CanonicalForm(json: json) == nil)
    }
}
