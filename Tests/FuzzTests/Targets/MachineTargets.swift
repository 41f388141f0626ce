@testable import FleetCore
@testable import FleetPackages

/// What the machine says of itself.
extension FuzzTarget {
    static let machine: [FuzzTarget] = [needrestart, bootMenu, osRelease, zoneFile, zoneRule]

    private static let needrestart = FuzzTarget(
        text: "needrestart", longest: 1_024,
        words: ["NEEDRESTART-", "VER: 3.6\n", "SVC: ", "KSTA: 3\n", "\r\n", ".service"]
    ) { text in
        guard let output = NeedrestartOutput(text) else { return }
        try demand(output.services.allSatisfy { $0.contains(".") }, "a unit has a suffix")
    }

    private static let bootMenu = FuzzTarget(
        text: "grub-menu",
        words: [
            "submenu ", "menuentry ", "$menuentry_id_option '", "gnulinux-6.1.0-21-amd64-advanced-", "\n}\n",
            "'",
        ]
    ) { text in
        guard let entry = BootLoader.grubEntry(of: "6.1.0-21-amd64", in: text) else { return }
        try demand(
            entry.contains("gnulinux-6.1.0-21-amd64-advanced-"), "the entry is of the kernel: \(entry)")
    }

    private static let osRelease = FuzzTarget(
        bytes: "os-release", longest: 1_024, words: ["ID=", "VERSION_ID=", "\"", "'", "\\", "\n#"]
    ) { bytes in
        let values = SystemFacts.parse(bytes)
        guard bytes.allSatisfy({ $0 < 0x80 }) else { return }
        for line in bytes.split(separator: 0x0A) where line.first != UInt8(ascii: "#") {
            guard let end = line.firstIndex(of: UInt8(ascii: "=")) else { continue }
            let name = String(decoding: line[..<end], as: UTF8.self)
            try demand(values[name[...]] != nil, "each line assigns: \(name)")
        }
    }

    private static let moments: [Int64] = [
        -62_135_596_800, -2_208_988_800, 0, 951_782_400, 1_800_000_000, 4_102_444_800, 253_402_300_799,
    ]

    private static let zoneFile = FuzzTarget(
        bytes: "zone-file", words: ["TZif2", "TZif3", "\nUTC0\n", "\nCET-1CEST,M3.5.0,M10.5.0/3\n"]
    ) { bytes in
        guard let rules = try? ZoneRules(tzif: bytes) else { return }
        try check(rules)
    }

    private static let zoneRule = FuzzTarget(
        bytes: "zone-rule", longest: 64,
        words: ["CET-1CEST,M3.5.0,M10.5.0/3", "<+03>-3", ",J59/", ",365/-167:59:59"]
    ) { bytes in
        guard let rule = YearlyRule(bytes) else { return }
        try check(ZoneRules(earliest: 0, transitions: [], rule: rule))
    }

    private static func check(_ rules: ZoneRules) throws {
        for seconds in moments {
            var moment = Timestamp(seconds: seconds)
            // Some years of changes.
            for _ in 0..<8 {
                let clock = rules.clock(at: moment)
                try demand((0..<86_400).contains(clock.second), "a day has 86,400 seconds")
                try demand((-93_600...93_600).contains(rules.offset(at: moment)), "an offset is about a day")
                guard let next = rules.nextTransition(after: moment) else { break }
                try demand(next > moment, "what comes next is later")
                moment = next
            }
        }
    }
}
