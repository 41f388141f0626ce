import FleetCore
import FleetTesting
import Testing

/// Which texts are values: tables of good and bad ones.
struct TextValueTests {
    @Test(arguments: ["a", "0", "atm-0001", "a--b", String(repeating: "a", count: 63)])
    func `a name is a lower-case label`(_ text: String) throws {
        #expect(NodeName(text)?.description == text)
    }

    @Test(arguments: [
        "", "-a", "a-", "A", "a_b", "a.b", "a/b", "..", "a b", "a\n", "ä", "a\u{301}", "a\0",
        String(repeating: "a", count: 64),
    ])
    func `anything else is no name`(_ text: String) {
        #expect(NodeName(text) == nil)
        #expect(GroupName(text) == nil)
        #expect(BaselineName(text) == nil)
        #expect(FleetName(text) == nil)
    }

    @Test(arguments: [
        ("0%", 10, 0), ("1%", 10, 1), ("10%", 10, 1), ("10%", 11, 2), ("50%", 3, 2), ("99%", 100, 99),
        ("99%", 10, 10), ("100%", 7, 7), ("33%", 0, 0), ("2", 10, 2), ("0", 10, 0), ("12", 10, 12),
    ])
    func `a required share is rounded up`(_ text: String, _ total: Int, _ required: Int) throws {
        #expect(try #require(Quota(text)).required(of: total) == required)
    }

    @Test(arguments: [
        ("0", 0, 10, false), ("0", 1, 10, true), ("2", 2, 10, false), ("2", 3, 10, true),
        ("10%", 1, 10, false),
        ("10%", 2, 10, true), ("10%", 1, 9, true), ("2%", 6, 300, false), ("2%", 7, 300, true),
        ("0%", 0, 0, false), ("100%", 10, 10, false),
    ])
    func `a quota of failures is exceeded by more than it, never by rounding`(
        _ text: String, _ number: Int, _ total: Int, _ isExceeded: Bool
    ) throws {
        #expect(try #require(Quota(text)).isExceeded(by: number, of: total) == isExceeded)
    }

    @Test(arguments: [
        "", "%", "101%", "-1", "+1", "1.5", "1 %", "1%%", "1000000", "99999999999999999999", "٣", "½",
        "9%\u{301}",
    ])
    func `anything else is no quota`(_ text: String) { #expect(Quota(text) == nil) }

    @Test(arguments: [
        ("0s", 0), ("1s", 1), ("30s", 30), ("90m", 5_400), ("4h", 14_400), ("14d", 1_209_600),
        ("2w", 1_209_600),
    ])
    func `a time span is a number and a unit`(_ text: String, _ seconds: Int) throws {
        let span = try #require(TimeSpan(text))
        #expect(span.seconds == seconds)
        #expect(TimeSpan(span.description) == span)
    }

    @Test(arguments: [
        "", "s", "30", "30 s", "-1s", "+1s", "1.5h", "1h30m", "30S", "1y", "99999999999s", "5300w", "٣s",
        "1s\u{301}",
    ])
    func `anything else is no time span`(_ text: String) { #expect(TimeSpan(text) == nil) }

    @Test(arguments: [("2GiB", 2 << 30), ("512MiB", 512 << 20), ("3KiB", 3_072), ("0MiB", 0)])
    func `a number of bytes is a number and a unit`(_ text: String, _ bytes: Int64) throws {
        let count = try #require(ByteCount(text))
        #expect(count.bytes == bytes)
        #expect(ByteCount(count.description) == count)
    }

    @Test(arguments: ["", "GiB", "2", "2GB", "2 GiB", "-1GiB", "1.5GiB", "2gib", "9999999999GiB"])
    func `anything else is no number of bytes`(_ text: String) { #expect(ByteCount(text) == nil) }

    @Test func `sums of time spans have ends and never overflow`() {
        let longest = TimeSpan.longest
        #expect(longest + longest == longest)
        #expect(longest * .max == longest)
        #expect(longest * .min == .zero)
        #expect(TimeSpan(seconds: .max) == longest)
        #expect(TimeSpan(seconds: .min) == .zero)
        #expect(TimeSpan(milliseconds: .min) == .zero)
        #expect(TimeSpan.zero - longest == .zero)
    }

    @Test(arguments: [
        ("24h", "24h"), ("1d", "24h"), ("36h", "36h"), ("48h", "2d"), ("50h", "50h"), ("2w", "14d"),
        ("90m", "90m"), ("60m", "1h"), ("90s", "90s"), ("0h", "0s"),
    ])
    func `a time span is written in hours below two days, in days from there, never in weeks`(
        _ text: String, _ shown: String
    ) throws {
        #expect(try #require(TimeSpan(text)).description == shown)
    }

    /// Receipts are signed and kept: what they say of a soak must not change with what people are shown.
    @Test func `receipts keep the form of durations that they have`() {
        let rule = GateRule.sample(soak: "24h", silence: .leave(after: .of("2w")))
        #expect(rule.json["soak"] == "1d" && rule.json["silence"] == "2w")
    }

    @Test(arguments: [
        ("3661s", "1h 1m"), ("59s", "59s"), ("86400s", "24h"), ("86460s", "24h 1m"), ("47h", "47h"),
        ("2d", "2d"), ("50h", "2d 2h"), ("0s", "0s"),
    ])
    func `for people a time span has two units`(_ text: String, _ rough: String) throws {
        #expect(try #require(TimeSpan(text)).rough == rough)
    }

    @Test(arguments: [
        "2026-11-30", "0001-01-01", "9999-12-31", "2024-02-29", "2000-02-29",
    ])
    func `a day is a day of the calendar`(_ text: String) throws {
        #expect(try #require(CalendarDay(text)).description == text)
    }

    @Test(arguments: [
        "2026-02-29", "1900-02-29", "2026-13-01", "2026-00-01", "2026-04-31", "2026-11-00", "0000-01-01",
        "26-11-30",
        "2026-11-3", "2026/11/30", "2026-11-30 ", "+026-11-30", "2026-11-30T", "",
    ])
    func `anything else is no day`(_ text: String) { #expect(CalendarDay(text) == nil) }

    @Test func `days are counted from the epoch without a gap`() {
        #expect(CalendarDay(daysSinceEpoch: 0).description == "1970-01-01")
        #expect(CalendarDay(daysSinceEpoch: -1).description == "1969-12-31")
        #expect(CalendarDay(daysSinceEpoch: 20_787).description == "2026-11-30")
        for day in stride(from: -700_000, through: 2_900_000, by: 997) {
            #expect(CalendarDay(daysSinceEpoch: day).daysSinceEpoch == day)
        }
    }

    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0), ("2026-11-30T17:00:00Z", 1_796_058_000), ("1969-12-31T23:59:59Z", -1),
        ("0001-01-01T00:00:00Z", -62_135_596_800), ("9999-12-31T23:59:59Z", 253_402_300_799),
    ])
    func `a moment is written in UTC`(_ text: String, _ seconds: Int64) throws {
        let moment = try #require(Timestamp(text))
        #expect(moment.seconds == seconds)
        #expect(moment.description == text)
    }

    @Test(arguments: [
        "2026-11-30T24:00:00Z", "2026-11-30T17:60:00Z", "2026-11-30T17:00:60Z", "2026-11-30T17:00:00",
        "2026-11-30T17:00:00+00:00", "2026-11-30 17:00:00Z", "2026-11-30t17:00:00Z", "2026-02-30T17:00:00Z",
        "",
        "2026-11-30T1é:00:0Z",
    ])
    func `anything else is no moment`(_ text: String) { #expect(Timestamp(text) == nil) }

    @Test func `moments stay within the years that can be written`() {
        #expect(Timestamp(seconds: .max).description == "9999-12-31T23:59:59Z")
        #expect(Timestamp(seconds: .min).description == "0001-01-01T00:00:00Z")
        #expect(Timestamp(seconds: .max) + .longest == Timestamp(seconds: .max))
    }

    @Test(arguments: [
        "0.270", "1.10", "1:7.88.1-10+deb12u14", "3.0.17-1~deb12u2", "2.36-9+deb12u13", "1.0^git1-2.fc41",
        "0",
        String(repeating: "1", count: 256),
    ])
    func `a version is its written text`(_ text: String) throws {
        #expect(try #require(PackageVersion(text)).description == text)
    }

    @Test(arguments: [
        "", " 1", "1 2", "1\n", "-1", "1;reboot", "1$(x)", "1/2", "1é", "~1",
        String(repeating: "1", count: 257),
    ])
    func `anything else is no version`(_ text: String) { #expect(PackageVersion(text) == nil) }

    @Test func `0.270 and 0.27 are two versions`() throws {
        let (long, short) = (PackageVersion("0.270"), PackageVersion("0.27"))
        #expect(long != short)
        #expect(VersionOrder.debian.compare(try #require(long), try #require(short)) == .newer)
    }

    @Test(arguments: [
        ("1.2-3+b1", "1.2-3"), ("1.2-3+b12", "1.2-3"), ("1+b2", "1"), ("1.2-3", "1.2-3"),
        ("1.2-3+deb12u1", "1.2-3+deb12u1"), ("1.2+b", "1.2+b"), ("1.2b1", "1.2b1"),
        ("1.2-1+b1+b2", "1.2-1+b1"),
        ("7", "7"),
    ])
    func `a rebuild is the version without its ending`(_ text: String, _ source: String) throws {
        #expect(try #require(PackageVersion(text)).withoutRebuild.description == source)
    }

    @Test(arguments: [
        "nginx", "src:openssl", "libc6:i386", "g++", "python3.11", "0ad", "a:all", "X11_x:x86_64",
    ])
    func `an entry names a source, a package, or one in an architecture`(_ text: String) throws {
        #expect(try #require(EntryKey(text)).description == text)
    }

    @Test(arguments: [
        "", "src:", ":amd64", "nginx:", "nginx:AMD64", "a:b:c", "src:a:amd64", "-nginx", "nginx=1", "ng inx",
        "nginx*",
        "../etc", "src:-a",
    ])
    func `anything else names no entry`(_ text: String) { #expect(EntryKey(text) == nil) }

    @Test(arguments: [
        ("0.1", "0.1.0", true), ("1", "1.0.0.0", true), ("0.9", "0.10", false), ("1.2", "1.3", false),
    ])
    func `agents' versions are numbers`(_ left: String, _ right: String, _ isSame: Bool) throws {
        let (left, right) = (try #require(AgentVersion(left)), try #require(AgentVersion(right)))
        #expect((left == right) == isSame)
        #expect((left < right) == !isSame)
        #expect(!isSame || left.hashValue == right.hashValue)
    }

    @Test(arguments: ["", "1.", ".1", "1..2", "1.2.3.4.5", "1.x", "v1", "1.1234567", "-1"])
    func `anything else is no agent's version`(_ text: String) { #expect(AgentVersion(text) == nil) }

    @Test(arguments: ["", "0", String(repeating: "A", count: 40), String(repeating: "g", count: 40)])
    func `an abbreviated or capital id is no commit`(_ text: String) { #expect(CommitID(text) == nil) }

    @Test func `a digest is SHA-256`() {
        // FIPS 180-4, example of one block.
        #expect(
            Digest(of: Array("abc".utf8)).hex
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }
}
