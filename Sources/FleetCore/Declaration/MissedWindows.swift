/// What a node does that was off or dark while its windows were open.
package enum MissedWindows: Hashable, Sendable {
    /// It waits for the next one.
    case wait
    /// So many missed in a row let it change outside of them.
    case run(after: Int)
}

extension Membership {
    /// How many windows this node has missed in a row in which it could have changed towards a declaration;
    /// no more than suffice to pass the next ones.
    ///
    /// One is missed that has opened and shut since the node was last there in one, and since the declaration
    /// could have passed its gate: not before the gate's soak after it was committed.
    ///
    /// - Parameter attended: when the node was last there in a window; nil where it never noted that.
    func missedWindows(
        of declaration: Declaration, attended: Timestamp?, zones: [ZoneName: Result<ZoneRules, ZoneError>],
        at now: Instant
    ) -> Int {
        guard case .run(let enough) = group.missed, let attended, now.isWallKnown,
            let declaredAt = declaredAt[declaration]
        else { return 0 }
        var soak = TimeSpan.zero
        if case .rule(let rule) = group(for: declaration).gate { soak = rule.soak }
        let calendar = ChangeCalendar(group, zones: zones)
        var count = 0
        var moment = max(attended, declaredAt + soak)
        // What was open then had opened before.
        if calendar.isOpen(at: moment) { moment = calendar.closing(after: moment) ?? now.wall }
        while count < enough, let opening = calendar.nextOpening(from: moment), opening < now.wall,
            let closing = calendar.closing(after: opening), closing <= now.wall
        {
            count += 1
            moment = closing
        }
        return count
    }

    /// Whether windows need not be waited for on the way to a declaration: it is urgent, or this node has
    /// missed too many.
    package func passesWindows(
        towards declaration: Declaration, attended: Timestamp?,
        zones: [ZoneName: Result<ZoneRules, ZoneError>], at now: Instant
    ) -> Bool {
        guard urgent[declaration] == nil else { return true }
        guard case .run(let enough) = group.missed else { return false }
        return missedWindows(of: declaration, attended: attended, zones: zones, at: now) >= enough
    }

    /// When the node was last there in a window, now that a cycle has found the remote in reach.
    ///
    /// It changes once a window at most, so that quiet cycles write nothing.
    ///
    /// - Parameter isKept: whether the time kept it from a change: then it was there too late.
    package func attendance(
        since attended: Timestamp?, isKept: Bool, zones: [ZoneName: Result<ZoneRules, ZoneError>],
        at now: Instant
    ) -> Timestamp? {
        guard case .run = group.missed, !group.windows.isEmpty else { return nil }
        guard now.isWallKnown else { return attended }
        // Whoever is new, or whose clock was ahead, has missed nothing yet.
        guard let attended, attended <= now.wall else { return now.wall }
        let calendar = ChangeCalendar(group, zones: zones)
        guard !isKept, calendar.isOpen(at: now.wall),
            !calendar.isOpen(at: attended, for: now.wall.time(since: attended))
        else { return attended }
        return now.wall
    }
}
