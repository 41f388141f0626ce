/// Programs that merge for people, and sign what they merge.
enum Forge {
    /// Whether a name in `trust/allowed_signers` is one by which forges sign: `noreply@github.com` (GitHub's
    /// web-flow), and the like elsewhere.
    static func isForge(_ principal: String) -> Bool {
        let name = principal.lowercased()
        return ["noreply@", "no-reply@", "web-flow"].contains { name.hasPrefix($0) }
    }
}

extension AllowedSigners {
    /// The persons who may sign commits, by the names by which git calls them. Those of forges are none.
    var persons: Set<String> {
        Set(
            signers.filter { $0.namespaces?.matches(CommitSignature.namespace) ?? true }
                .compactMap(\.principals.name).filter { !Forge.isForge($0) })
    }
}

extension OpenPGPKeyring {
    /// The persons whose keys these are. Those of forges are none.
    var persons: Set<String> { Set(certificates.map(\.principal).filter { !Forge.isForge($0) }) }
}
