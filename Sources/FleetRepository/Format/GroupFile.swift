internal import FleetCore

/// A `group.yaml` as it is written, with the fleet's defaults taken up.
struct GroupFile: Sendable {
    let name: GroupName
    /// nil where it is missing or wrong.
    let baseline: BaselineName?
    let baselinePlace: Place
    let keys: GroupKeys
    /// What is wrong with its gate, and with the defaults of gates where it has a rule. It makes the gate
    /// wait; the file stays readable.
    let gateProblems: [Problem]

    static func decode(_ bytes: [UInt8], name: GroupName, fleet: FleetFile?) -> Decoded<GroupFile> {
        let problems = FileProblems(file: Layout.group(name))
        guard let reader = MappingReader.document(bytes, keys: ["baseline"] + GroupKeys.names, problems)
        else {
            return Decoded(value: nil, problems: problems.problems)
        }
        let gateProblems = FileProblems(file: Layout.group(name))
        let keys = GroupKeys(reader, isDefault: false, gateProblems).over(fleet?.defaults ?? GroupKeys())
        if let gate = keys.gate, !gate.isNone, gate.soak == nil, !gate.hasSoak {
            gateProblems.add(
                gate.place, "the key 'soak' is missing in the gate; expected \(TimeSpan.expected)")
        }
        let inherited = keys.gate.map { $0.isNone ? [] : fleet?.gateProblems ?? [] } ?? []
        let file = GroupFile(
            name: name, baseline: reader.required("baseline"),
            baselinePlace: reader.node("baseline")?.place ?? reader.place, keys: keys,
            gateProblems: gateProblems.problems + inherited)
        return Decoded(value: file, problems: problems.problems)
    }

    /// The groups that its gate looks at.
    var after: [GroupName] { keys.gate?.after?.map(\.group) ?? [] }

    /// The group, with what was found of its gate.
    ///
    /// - Returns: nil where its baseline is missing or wrong.
    func group(gate: GateSetting) -> Group? {
        guard let baseline else { return nil }
        return Group(
            name: name, baseline: baseline, gate: gate, waves: keys.waves ?? nil, windows: keys.windows ?? [],
            freezes: keys.freezes ?? [], checks: keys.checks ?? [], hold: keys.hold ?? nil,
            retry: keys.retry ?? nil,
            attempts: keys.attempts ?? Group.defaultAttempts, supersede: keys.supersede ?? .newest,
            budget: keys.budget ?? nil, prefetch: keys.prefetch ?? .declared,
            urgent: keys.urgent ?? nil, missed: keys.missed ?? .wait)
    }
}
