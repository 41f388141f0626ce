/// The reboots that a node made for one declaration, so that none is rebooted for ever.
package struct RebootRecord: Hashable, Sendable {
    package var declaration: Declaration
    /// The `retry` texts under which they count; where they differ now, it is counted anew.
    package var retry: RetryToken
    /// How many. Written before the machine is asked for it.
    package var count: Int
    /// From which boot the last one was asked for: while it lasts, that reboot has not happened.
    package var bootID: String
    /// When, by the node's running time.
    package var askedAt: TimeSpan

    package init(
        declaration: Declaration, retry: RetryToken, count: Int, bootID: String, askedAt: TimeSpan
    ) {
        self.declaration = declaration
        self.retry = retry
        self.count = count
        self.bootID = bootID
        self.askedAt = askedAt
    }

    /// How many reboots are made for one declaration.
    package static let limit = 3
}

/// A transaction that has ended well but for a reboot, after which it is judged: kept so that it can be
/// undone if a check is bad then.
package struct UnsettledTransaction: Hashable, Sendable {
    package var intent: Intent
    /// The boot in which it was carried out.
    package var bootID: String

    package init(intent: Intent, bootID: String) {
        self.intent = intent
        self.bootID = bootID
    }

    package var declaration: Declaration { intent.declaration }
}

extension NodeState {
    /// The reboots that count for a declaration under these `retry` texts.
    package func reboots(for declaration: Declaration, under retry: RetryToken) -> RebootRecord? {
        reboots.first { $0.declaration == declaration && $0.retry == retry }
    }

    /// Whether the admitted declaration is installed and waits for the reboot after which it is judged.
    package var isUnsettled: Bool { unsettled != nil && unsettled?.declaration == admitted?.declaration }
}

extension RebootRecord {
    package var json: JSONValue {
        [
            "declaration": declaration.json,
            "retry": retry.json,
            "count": JSONValue(count), "bootID": .string(bootID), "askedAt": JSONValue(milliseconds: askedAt),
        ]
    }

    package init?(json: JSONValue) {
        guard let declaration = Declaration(json: json["declaration"]), let count = json["count"]?.integer,
            let bootID = json["bootID"]?.string, let askedAt = json["askedAt"]?.milliseconds
        else { return nil }
        self.init(
            declaration: declaration,
            retry: RetryToken(json: json["retry"]),
            count: Int(clamping: count), bootID: bootID, askedAt: askedAt)
    }
}

extension UnsettledTransaction {
    package var json: JSONValue { ["intent": intent.json, "bootID": .string(bootID)] }

    package init?(json: JSONValue) {
        guard let intent = json["intent"].flatMap(Intent.init(json:)), let bootID = json["bootID"]?.string
        else { return nil }
        self.init(intent: intent, bootID: bootID)
    }
}
