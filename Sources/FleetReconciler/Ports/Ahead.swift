package import FleetCore

/// Work for a declaration that nobody has admitted yet: it may neither keep a node from its cycles nor fill
/// its disk.
package enum Ahead {
    /// How long each program of such work may take; nil in all other work.
    @TaskLocal package static var deadline: TimeSpan?

    /// Whether this is such work.
    package static var isOn: Bool { deadline != nil }
}
