/// What a node's file in the fleet repository says of it.
package struct NodeRecord: Hashable, Sendable {
    package let name: NodeName
    package var group: GroupName
    /// The node's public key in OpenSSH's form, type and base64 without a comment: the node's identity.
    package var key: String
    package let labels: [String: String]
    package let exceptions: [EntryKey: EntryException]
    /// The reason of a hold of this node.
    package var hold: String?
    /// Any text; when it changes, failed declarations may be tried again.
    package var retry: String?

    package init(
        name: NodeName, group: GroupName, key: String, labels: [String: String] = [:],
        exceptions: [EntryKey: EntryException] = [:], hold: String? = nil, retry: String? = nil
    ) {
        self.name = name
        self.group = group
        self.key = key
        self.labels = labels
        self.exceptions = exceptions
        self.hold = hold
        self.retry = retry
    }

    /// The entries that are not enforced on this node today. Without a known clock an exception does not end.
    package func exceptedEntries(at now: Instant) -> Set<EntryKey> {
        Set(
            exceptions.filter { exception in
                guard let until = exception.value.until, now.isWallKnown else { return true }
                return now.wall.day <= until
            }.keys)
    }
}

/// Why an entry is not enforced on a node.
package struct EntryException: Hashable, Sendable {
    package let reason: String
    /// The last day of the exception; nil has no end.
    package let until: CalendarDay?

    package init(reason: String, until: CalendarDay?) {
        self.reason = reason
        self.until = until
    }
}
