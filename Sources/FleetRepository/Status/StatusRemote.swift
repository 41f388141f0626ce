package import FleetCore

/// Where the reports of a group's nodes are.
package struct StatusRemote: Sendable {
    package let url: RemoteURL

    /// - Parameter fallback: the fleet repository, which takes the reports where `status.remote` says
    ///   nothing.
    /// - Throws: `NetworkError.Kind.invalid` if `status.remote` is no URL.
    package init(fleet: Fleet, group: GroupName, fallback: RemoteURL) throws(NetworkError) {
        guard let text = fleet.statusRemote else {
            url = fallback
            return
        }
        url = try RemoteURL(text.replacing("{group}", with: group.description))
    }
}
