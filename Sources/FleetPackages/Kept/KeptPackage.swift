internal import FleetCore

/// A package file that is kept on the node, so that a change can be undone.
struct KeptPackage: Hashable {
    let id: PackageID
    let version: PackageVersion
    /// The SHA-256 of the file, which is also its name in the store.
    let digest: Digest
    /// In bytes.
    let size: Int64
    let origin: Origin
    /// Counts the files that were ever kept here: the lowest is the oldest.
    var number: Int64 = 0

    /// Where the file came from.
    enum Origin: String, CaseIterable {
        /// From apt's archives on this machine.
        case cache
        /// From a source, whose index has its digest.
        case source
        /// Put together from what is installed, with its conffiles as they were shipped.
        case rebuilt
        /// The same, without the conffiles that somebody had changed: those stay where they are.
        case rebuiltWithoutChanged
        /// The same, with the conffiles that somebody had changed: they were to be removed.
        case rebuiltWithChanged
    }

    /// Whether it is another file than the one that was published as this version.
    var isRebuilt: Bool { origin != .cache && origin != .source }

    /// The file's name in the store.
    var fileName: String { "\(digest.hex).deb" }

    /// Whether it may stand for an installed package that is to be replaced, or removed with its
    /// configuration.
    func serves(purge: Bool) -> Bool {
        switch origin {
        case .cache, .source, .rebuilt: true
        case .rebuiltWithoutChanged: !purge
        case .rebuiltWithChanged: purge
        }
    }
}

extension KeptPackage {
    var json: JSONValue {
        [
            "package": JSONValue(id), "version": JSONValue(version), "sha256": JSONValue(digest),
            "size": .number(size), "origin": .string(origin.rawValue), "number": .number(number),
        ]
    }

    /// - Returns: nil unless `json` says all of it.
    init?(json: JSONValue) {
        guard let id = json["package"]?.string.flatMap({ PackageID($0) }),
            let version = json["version"]?.string.flatMap({ PackageVersion($0) }),
            let digest = json["sha256"]?.string.flatMap({ Digest($0) }),
            let size = json["size"]?.integer, let number = json["number"]?.integer,
            let origin = json["origin"]?.string.flatMap(Origin.init(rawValue:))
        else { return nil }
        self.init(id: id, version: version, digest: digest, size: size, origin: origin, number: number)
    }
}
