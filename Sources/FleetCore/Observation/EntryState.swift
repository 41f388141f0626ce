/// How an entry stands on a node.
package enum EntryState: String, Sendable, CaseIterable {
    /// As declared: the only compliant state.
    case installed
    /// Demanded and not installed.
    case missing
    /// Installed in an older version.
    case older
    /// Installed in a newer version.
    case newer
    /// Installed, but must be absent.
    case forbidden
    /// As declared, in effect only after a reboot.
    case pendingReboot
    /// As declared, but a process still runs the old code.
    case pendingRestart
    /// Not as declared, and no source offers the declared version.
    case unavailable
    /// Not as declared, and held by hand.
    case held
    /// Begun and not ended by the package manager.
    case broken
    /// Its change failed.
    case failed
    /// Not enforced, by an exception in the node's file.
    case excepted
    /// Cannot be told. Never counted as compliant.
    case unknown
}

/// An entry's state with what is wanted and found.
package struct EntryFinding: Hashable, Sendable {
    package let key: EntryKey
    package let state: EntryState
    /// The declared version, `absent` or `purged`.
    package let wanted: String
    /// The versions found, or `none`.
    package let found: String

    package init(key: EntryKey, state: EntryState, wanted: String, found: String) {
        self.key = key
        self.state = state
        self.wanted = wanted
        self.found = found
    }
}
