internal import FleetCore

/// Reads the `urgent` of a group: what it does otherwise while its baseline is urgent.
enum UrgentDecoder {
    static func rules(_ node: DocumentNode, _ problems: FileProblems) -> UrgentRules? {
        guard let reader = MappingReader(node, keys: ["soak", "waves"], problems) else { return nil }
        let soak: TimeSpan? = reader.optional("soak")
        guard let node = reader.node("waves") else { return UrgentRules(soak: soak) }
        guard !node.isNull else { return UrgentRules(soak: soak, waves: .none) }
        guard let waves = WavesDecoder.waves(node, problems) else { return nil }
        if !waves.pauses.isEmpty {
            problems.add(node.place, "found a pause; what is urgent waits for nobody, so leave it out here")
        }
        return UrgentRules(soak: soak, waves: .these(waves))
    }
}
