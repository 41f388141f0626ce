package import FleetCore

/// Where the reports of a group's nodes are.
package struct StatusRemote: Sendable {
    package let url: RemoteURL

    /// - Parameters:
    ///   - fallback: the fleet repository, which takes the reports where `status.remote` says nothing.
    ///   - instead: what a person says in place of `status.remote`.
    /// - Throws: `NetworkError.Kind.invalid` if `status.remote` is no URL, or leaves reports on their nodes.
    package init(
        fleet: Fleet, group: GroupName, fallback: RemoteURL, instead: String? = nil
    ) throws(NetworkError) {
        guard let text = instead ?? fleet.statusRemote else {
            url = fallback
            return
        }
        guard text != Fleet.keptStatus else {
            throw NetworkError(
                .invalid, remote: "",
                "reports stay on their nodes: 'status.remote' in \(Layout.fleet) is none")
        }
        url = try RemoteURL(text.replacing("{group}", with: group.description))
    }
}
