internal import FleetCore

/// The keys that `group.yaml` and the `defaults` of `fleet.yaml` share, as they are written: nil is "not
/// written".
struct GroupKeys: Sendable {
    var gate: GateKeys?
    /// The inner nil is a written `null`: no waves, whatever the defaults say.
    var waves: Waves??
    var windows: [Window]?
    var freezes: [Freeze]?
    var checks: [Check]?
    var hold: String??
    var retry: String??
    var attempts: Int?
    var supersede: Supersede?
    var prefetch: Prefetch?
    /// The inner nil is a written `null`: no budget, whatever the defaults say.
    var budget: Budget??
    /// The inner nil is a written `null`: as usual, whatever the defaults say.
    var urgent: UrgentRules??
    var missed: MissedWindows?

    static let names = [
        "gate", "waves", "window", "freeze", "budget", "checks", "hold", "retry", "attempts", "supersede",
        "prefetch", "urgent", "missed",
    ]

    /// Nothing written.
    init() {}

    /// Reads the keys; what is wrong within `gate` goes to `gateProblems`.
    init(_ reader: MappingReader, isDefault: Bool, _ gateProblems: FileProblems) {
        let problems = reader.problems
        gate = reader.node("gate").map {
            GateKeys($0, keyPlace: reader.place(of: "gate"), isDefault: isDefault, gateProblems)
        }
        if let node = reader.node("waves") {
            waves = node.isNull ? .some(nil) : WavesDecoder.waves(node, problems)
        }
        windows = reader.list("window", "a list of windows") { CalendarDecoder.window($0, problems) }
        freezes = reader.list("freeze", "a list of freezes") { CalendarDecoder.freeze($0, problems) }
        checks = reader.list("checks", "a list of checks") { CheckDecoder.check($0, problems) }
        if reader.node("hold") != nil { hold = .some(reader.hold()) }
        if reader.node("retry") != nil { retry = .some(reader.nullableLine("retry")) }
        attempts = reader.node("attempts")?.integer(in: 1...100, problems)
        supersede = reader.choice("supersede")
        prefetch = reader.choice("prefetch")
        missed = reader.node("missed").flatMap { CalendarDecoder.missed($0, problems) }
        if let node = reader.node("urgent") {
            urgent = node.isNull ? .some(nil) : UrgentDecoder.rules(node, problems)
        }
        if let node = reader.node("budget") {
            budget = node.isNull ? .some(nil) : BudgetDecoder.budget(node, problems)
        }
    }

    /// These keys, with those of `defaults` where these are not written; each replaces the other whole, but
    /// freezes add up, and of a gate each of its own keys is one (`gate.after` has no default, so a group's
    /// gate is never whole otherwise).
    func over(_ defaults: GroupKeys) -> GroupKeys {
        var keys = self
        keys.gate = gate?.over(defaults.gate)
        keys.waves = waves ?? defaults.waves
        keys.windows = windows ?? defaults.windows
        keys.freezes = (defaults.freezes ?? []) + (freezes ?? [])
        keys.checks = checks ?? defaults.checks
        keys.hold = hold ?? defaults.hold
        keys.retry = retry ?? defaults.retry
        keys.attempts = attempts ?? defaults.attempts
        keys.supersede = supersede ?? defaults.supersede
        keys.prefetch = prefetch ?? defaults.prefetch
        keys.budget = budget ?? defaults.budget
        keys.urgent = urgent ?? defaults.urgent
        keys.missed = missed ?? defaults.missed
        return keys
    }
}
