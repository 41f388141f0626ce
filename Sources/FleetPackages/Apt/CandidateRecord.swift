internal import FleetCore

/// What a source's index says of one version of a package, as `apt-cache show` prints it.
struct CandidateRecord: Equatable {
    let id: PackageID
    let version: PackageVersion
    let source: PackageName
    /// What it demands in one exact version (`Depends: libssl3 (= 3.0.17-1)`), without alternatives.
    let exactDemands: [PackageName: PackageVersion]

    /// All records of an output; what cannot be understood is left out, and so determines nothing.
    static func parse(_ output: [UInt8]) -> [CandidateRecord] {
        var records: [CandidateRecord] = []
        let fields = ["Package", "Architecture", "Version", "Source", "Depends", "Pre-Depends"]
        ControlData(output).forEachParagraph(fields) { values in
            guard let name = values[0].flatMap({ PackageName($0) }),
                let architecture = values[1].flatMap({ Architecture($0) }),
                let version = values[2].flatMap({ PackageVersion($0) })
            else { return }
            var demands: [PackageName: PackageVersion] = [:]
            for relation in [values[4], values[5]].compactMap(\.self).flatMap({ $0.split(separator: ",") }) {
                if let (name, version) = exactDemand(relation) { demands[name] = version }
            }
            records.append(
                CandidateRecord(
                    id: PackageID(name: name, architecture: architecture), version: version,
                    source: values[3].flatMap { SourceField($0) }?.name ?? name, exactDemands: demands))
        }
        return records
    }

    /// The package and version of a relation `name[:architecture] (= version)`; nil for any other.
    private static func exactDemand(_ relation: Substring) -> (PackageName, PackageVersion)? {
        guard !relation.contains("|"), let open = relation.firstIndex(of: "("),
            let close = relation.firstIndex(of: ")"), open < close
        else { return nil }
        let condition = relation[relation.index(after: open)..<close].split(separator: " ")
        // Written `(= 1)` by all tools, `(=1)` by some people.
        let text = condition.joined()
        guard text.hasPrefix("="), let version = PackageVersion(text.dropFirst()),
            let word = relation[..<open].split(separator: " ").first,
            let name = word.split(separator: ":").first.flatMap({ PackageName($0) })
        else { return nil }
        return (name, version)
    }
}
