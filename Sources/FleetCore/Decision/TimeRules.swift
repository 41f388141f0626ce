/// Rule 7: freeze and window say *when* a declaration that may be admitted is; so do waves (``WaveRule``).
///
/// This agent does not reckon with windows and freezes yet. A group that asks for them is not moved at
/// a time that nobody allowed: it waits, and says so. `plimsoll validate` finds it before a merge.
struct TimeRules {
    private let group: Group

    init(_ group: Group) { self.group = group }

    /// Why nothing new is admitted now; empty if it may be.
    var refusals: [Reason] { repairRefusals }

    /// Why drift is not repaired now: by freeze and window alone, for no wave is about what was reached.
    var repairRefusals: [Reason] {
        var refusals: [Reason] = []
        if !group.freezes.isEmpty { refusals.append(Self.unsupported(.freeze, "freeze")) }
        if !group.windows.isEmpty { refusals.append(Self.unsupported(.window, "window")) }
        return refusals
    }

    private static func unsupported(_ code: Reason.Code, _ key: String) -> Reason {
        Reason(
            code,
            "'\(key)' needs a newer agent than \(AgentVersion.current); until then nothing is changed")
    }
}
