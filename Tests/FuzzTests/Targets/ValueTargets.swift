@testable import FleetCore
@testable import FleetRepository

/// Values with a written form.
extension FuzzTarget {
    static let values: [FuzzTarget] = [texts, versions, unitPattern]

    private static let texts = FuzzTarget(
        text: "text-values", longest: 300,
        words: [
            "9999999999", "w", "90m", "14d", "GiB", "KiB", "%", "2026-11-30", "T17:00:00Z", "0001-01-01",
            "9999-12-31", "Europe/Berlin", "UTC", "local", ":amd64", "src:", "sha256:", "\u{301}",
        ]
    ) { text in
        try check(TimeSpan.self, text)
        try check(ByteCount.self, text)
        try check(CalendarDay.self, text)
        try check(Timestamp.self, text)
        try check(Quota.self, text)
        try check(Digest.self, text)
        try check(CommitID.self, text)
        try check(NodeName.self, text)
        try check(PackageName.self, text)
        try check(Architecture.self, text)
        try check(PackageID.self, text)
        try check(PackageVersion.self, text)
        try check(EntryKey.self, text)
        try check(ZoneName.self, text)
        try check(AgentVersion.self, text)
        try check(UnitPattern.self, text)
        try check(LabelValue.self, text)
        if let version = PackageVersion(text) {
            try demand(PackageVersion(version.withoutRebuild.description) != nil, "a version is left")
        }
        if let moment = Timestamp(text) {
            try demand((0..<86_400).contains(moment.secondOfDay), "a day has 86,400 seconds")
            try demand(Timestamp(text)?.description == text, "a moment has one written form")
        }
        if let span = TimeSpan(text) { try demand(TimeSpan(span.signedText) == span, "receipts keep spans") }
    }

    private static func check<Value: TextValue>(_ type: Value.Type, _ text: String) throws {
        guard let value = Value(text) else { return }
        try demand(Value(value.description) == value, "a written \(type) is read as it: \(value)")
        try demand(
            value.description.utf8.allSatisfy { (0x20...0x7E).contains($0) },
            "a written \(type) is plain: \(value)")
    }

    /// Three versions, a line each: the order of a sort must be one.
    private static let versions = FuzzTarget(
        text: "versions", longest: 200, words: ["~", "+b1", "1:", "-0", "~~", "0:1.0", "+deb12u2", "00"]
    ) { text in
        let lines = text.utf8.split(separator: 0x0A, maxSplits: 2, omittingEmptySubsequences: false)
        let versions = lines.compactMap { PackageVersion(String(decoding: $0, as: UTF8.self)) }
        let order = VersionOrder.debian
        for left in versions {
            try demand(order.accepts(left) == (order.compare(left, left) == .same), "a version is itself")
            for right in versions {
                let there = order.compare(left, right)
                let back = order.compare(right, left)
                let isAntisymmetric =
                    switch (there, back) {
                    case (nil, nil), (.same, .same), (.older, .newer), (.newer, .older): true
                    default: false
                    }
                try demand(isAntisymmetric, "the order is one: \(left) \(right)")
                for third in versions where there == .older && order.compare(right, third) == .older {
                    try demand(order.compare(left, third) == .older, "\(left) < \(right) < \(third)")
                }
                for third in versions where there == .same && order.compare(right, third) == .same {
                    try demand(order.compare(left, third) == .same, "\(left) = \(right) = \(third)")
                }
            }
        }
    }

    private static let unitPattern = FuzzTarget(
        text: "unit-pattern", longest: 512, words: ["*", "*-", ".service", "\n"]
    ) { text in
        let parts = text.utf8.split(separator: 0x0A, maxSplits: 1, omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        guard let pattern = UnitPattern(parts[0]) else { return }
        let unit = parts.count > 1 ? parts[1] : parts[0]
        let found = pattern.matches(unit)
        if found { try demand(unit.ends(with: ".service"), "only services are restarted") }
    }
}
