import FleetCore
import FleetTesting
import Foundation
import Testing

/// Time zones, judged by Python's `zoneinfo` on this machine's database and on made-up rules.
struct ZoneRulesTests {
    /// Prints the offset, in seconds, for each line of its input: `NAME SECONDS` of the database, `=HEX
    /// SECONDS` of a file, `@RULE SECONDS` as the C library has it.
    static let oracle = """
        import os, sys, io, time, zoneinfo
        from datetime import datetime, timezone
        known = {}
        for line in sys.stdin:
            name, seconds = line.split()
            if name[0] == "@":
                os.environ["TZ"] = name[1:]
                time.tzset()
                print(time.localtime(int(seconds)).tm_gmtoff)
                continue
            if name not in known:
                known[name] = (zoneinfo.ZoneInfo.from_file(io.BytesIO(bytes.fromhex(name[1:])))
                    if name[0] == "=" else zoneinfo.ZoneInfo(name))
            moment = datetime.fromtimestamp(int(seconds), timezone.utc).astimezone(known[name])
            print(int(moment.utcoffset().total_seconds()))
        """

    private func offsets(_ questions: [(zone: String, seconds: Int64)]) throws -> [Int] {
        let lines = questions.map { "\($0.zone) \($0.seconds)\n" }.joined()
        let answer = try runSuccessfully(
            ["python3", "-c", Self.oracle], environment: ["PYTHONTZPATH": ZoneFiles.folder],
            input: Array(lines.utf8))
        return answer.lines.compactMap { Int($0) }
    }

    @Test func `every zone of the database has the offsets that its file says`() throws {
        var generator = SeededGenerator(seed: 1)
        var questions: [(zone: String, seconds: Int64)] = []
        var expected: [Int] = []
        for name in try ZoneFiles.names() where name != "Factory" {
            let rules = try ZoneFiles.rules(name)
            var moments = (0..<12).map { _ in Timestamp(seconds: Int64(generator.below(5_680_000_000))) }
            // Right before and at switches, of the table as well as of the rule behind it.
            for start in moments.prefix(6) {
                guard let next = rules.nextTransition(after: start) else { continue }
                moments += [Timestamp(seconds: next.seconds - 1), next]
            }
            for moment in moments {
                questions.append((name, moment.seconds))
                expected.append(rules.offset(at: moment))
            }
        }
        #expect(questions.count > 5_000)
        let found = try offsets(questions)
        let wrong = zip(questions, zip(expected, found)).filter { $0.1.0 != $0.1.1 }
        #expect(found.count == questions.count && wrong.isEmpty, "\(wrong.prefix(3))")
    }

    /// A rule with switches in these months.
    ///
    /// - Parameter isForPython: Python counts days from 0 wrongly by one, and the C library knows no times
    ///   beyond a day.
    private func rule(_ index: Int, isForPython: Bool, _ generator: inout SeededGenerator) -> String {
        func moment(_ months: ClosedRange<Int>) -> String {
            let month = months.lowerBound + generator.below(months.count)
            let forms = ["J\(month * 30)", "M\(month).\(1 + generator.below(5)).\(generator.below(7))"]
            let day = generator.one(of: isForPython ? forms : forms + ["\(month * 30)"])
            let hours = isForPython ? generator.below(335) - 167 : generator.below(24)
            return generator.once(in: 3) ? day : "\(day)/\(hours):\(10 + generator.below(50))"
        }
        let (early, late) = (moment(2...5), moment(7...11))
        let switches = generator.once(in: 2) ? [early, late] : [late, early]
        let standard = generator.below(24) - 12
        let saving = generator.once(in: 2) ? "" : "\(standard - 1 + generator.below(3)):30"
        return "<+S\(index)>\(standard)DST\(saving),\(switches.joined(separator: ","))"
    }

    @Test(arguments: [true, false])
    func `made-up rules, with times from -167 to 167 hours`(isForPython: Bool) throws {
        var generator = SeededGenerator(seed: isForPython ? 2 : 3)
        var questions: [(zone: String, seconds: Int64)] = []
        var expected: [Int] = []
        for index in 0..<150 {
            let text = rule(index, isForPython: isForPython, &generator)
            let file = Self.file(footer: text)
            let rules = try ZoneRules(tzif: file)
            let zone = isForPython ? "=" + file.map { String(format: "%02x", $0) }.joined() : "@\(text)"
            var moments = (0..<8).map { _ in Timestamp(seconds: Int64(generator.below(4_000_000_000))) }
            for start in moments.prefix(4) {
                guard let next = rules.nextTransition(after: start) else { continue }
                moments += [Timestamp(seconds: next.seconds - 1), next]
            }
            for moment in moments {
                questions.append((zone, moment.seconds))
                expected.append(rules.offset(at: moment))
            }
        }
        let found = try offsets(questions)
        let wrong = zip(questions, zip(expected, found)).filter { $0.1.0 != $0.1.1 }
        #expect(found.count == questions.count && wrong.isEmpty, "\(wrong.count): \(wrong.prefix(3))")
    }

    @Test func `saving time that begins when it ends holds all year`() throws {
        let rules = try ZoneRules(tzif: Self.file(footer: "XXX3EDT4,0/0,J365/23"))
        for month in 1...12 {
            let noon = Timestamp.of("2027-\(month < 10 ? "0" : "")\(month)-01T00:00:00Z")
            #expect(rules.offset(at: noon) == -4 * 3_600)
        }
    }

    /// A file of version 2 without transitions.
    static func file(
        version: UInt8 = 0x32, times: [(Int64, UInt8)] = [], offsets: [Int32] = [0], leaps: UInt32 = 0,
        footer: String?
    ) -> [UInt8] {
        func number(_ value: some FixedWidthInteger) -> [UInt8] {
            withUnsafeBytes(of: value.bigEndian) { Array($0) }
        }
        func head(_ times: Int, _ types: Int, _ leaps: UInt32) -> [UInt8] {
            Array("TZif".utf8) + [version] + [UInt8](repeating: 0, count: 15) + number(UInt32(0))
                + number(UInt32(0))
                + number(leaps) + number(UInt32(times)) + number(UInt32(types)) + number(UInt32(4))
        }
        let type = number(Int32(0)) + [0, 0]
        var file = head(0, 1, 0) + type + Array("ABC\0".utf8) + head(times.count, offsets.count, leaps)
        file += times.flatMap { number($0.0) } + times.map(\.1)
        file += offsets.flatMap { number($0) + [0, 0] } + Array("ABC\0".utf8)
        file += [UInt8](repeating: 0, count: Int(leaps) * 12)
        return file + (footer.map { Array("\n\($0)\n".utf8) } ?? [])
    }

    @Test func `transitions count until the rule takes over`() throws {
        let rules = try ZoneRules(
            tzif: Self.file(times: [(100, 1), (200, 2)], offsets: [60, 3_600, 7_200], footer: "ABC-2"))
        let offsets = [0, 99, 100, 199, 200, 9_999].map { rules.offset(at: Timestamp(seconds: $0)) }
        #expect(offsets == [60, 60, 3_600, 3_600, 7_200, 7_200])
        #expect(rules.nextTransition(after: Timestamp(seconds: 100)) == Timestamp(seconds: 200))
        #expect(rules.nextTransition(after: Timestamp(seconds: 200)) == nil)
    }

    @Test(arguments: [
        ([UInt8]("no zone".utf8), "it is no time zone file (TZif)"),
        ([], "it is no time zone file (TZif)"),
        (file(version: 0, footer: ""), "it is a time zone file of version 1; install a newer tzdata"),
        (file(leaps: 1, footer: ""), "it counts leap seconds, as no wall clock does"),
        (file(footer: nil), "its data is cut off"),
        (file(footer: "CET-1CEST"), "its rule 'CET-1CEST' is unknown"),
        (file(footer: "CET-1CEST,M3.6.0,M10.5.0"), "its rule 'CET-1CEST,M3.6.0,M10.5.0' is unknown"),
        (file(footer: "CET-1 "), "its rule 'CET-1 ' is unknown"),
        (file(offsets: [90_000 * 2], footer: ""), "it has an offset of 180000 s"),
        (file(times: [(5, 0), (5, 0)], footer: ""), "its transitions are not in order"),
        (file(times: [(5, 1)], footer: ""), "its transitions are not in order"),
    ])
    func `what is no time zone file is told`(file: [UInt8], message: String) {
        #expect(throws: ZoneError(message)) { try ZoneRules(tzif: file) }
    }

    @Test func `a file that is cut off anywhere, or damaged, is refused or read, and nothing else`() throws {
        let file = try Array(Data(contentsOf: URL(fileURLWithPath: "\(ZoneFiles.folder)/Europe/Berlin")))
        for length in 0..<file.count {
            #expect(throws: ZoneError.self) { try ZoneRules(tzif: Array(file.prefix(length))) }
        }
        var generator = SeededGenerator(seed: 3)
        for _ in 0..<2_000 {
            var damaged = file
            for _ in 0...generator.below(3) {
                damaged[generator.below(damaged.count)] = UInt8(generator.below(256))
            }
            guard let rules = try? ZoneRules(tzif: damaged) else { continue }
            _ = rules.offset(at: .of("2040-06-01T00:00:00Z"))
        }
    }

    @Test(arguments: [
        ("UTC", ZoneName.utc), ("local", .local), ("Europe/Berlin", .database("Europe/Berlin")),
        ("Etc/GMT+5", .database("Etc/GMT+5")),
        ("America/Argentina/Buenos_Aires", .database("America/Argentina/Buenos_Aires")),
        ("utc", nil), ("Local", nil), ("", nil), ("..", nil), ("../etc/passwd", nil), ("/etc/localtime", nil),
        ("Europe/../UTC", nil), ("Europe//Berlin", nil), ("Europe/", nil), ("a b", nil), ("-x", nil),
    ])
    func `a name never leaves the folder of zones`(text: String, zone: ZoneName?) {
        #expect(ZoneName(text) == zone)
        if let zone { #expect(zone.description == text) }
    }
}
