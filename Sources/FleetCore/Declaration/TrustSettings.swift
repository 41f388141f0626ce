/// What `fleet.yaml` says of trust. It holds from the commit after the one that says it.
package struct TrustSettings: Hashable, Sendable {
    package var policy: TrustPolicy
    /// What each commit must name in its signed message; nil asks for nothing.
    package var branch: FleetBranch?
    /// How many different persons must have signed or approved a commit before nodes follow it.
    package var threshold: Int

    package init(policy: TrustPolicy = .firstParent, branch: FleetBranch? = nil, threshold: Int = 1) {
        self.policy = policy
        self.branch = branch
        self.threshold = threshold
    }

    /// What a threshold can be.
    package static let thresholds = 1...20
}

/// Which commits of the branch must be signed.
package enum TrustPolicy: String, Sendable, CaseIterable {
    /// Those of the first-parent chain; a signed merge vouches for what it brings.
    case firstParent = "first-parent"
    /// All.
    case everyCommit = "every-commit"
}

/// A branch of one fleet, as signed messages name it: `acme-edge/main`.
package struct FleetBranch: Hashable, Sendable, CustomStringConvertible {
    package let fleet: FleetName
    package let branch: BranchName

    package init(fleet: FleetName, branch: BranchName) {
        self.fleet = fleet
        self.branch = branch
    }

    package var description: String { "\(fleet)/\(branch)" }

    /// The key of the trailer by which a commit's message names it.
    package static let trailerKey = "Plimsoll-Branch"

    /// The trailer of a commit that is meant for this branch.
    package var trailer: String { "\(Self.trailerKey): \(self)" }
}

/// The name of a branch. A narrower set than Git's own (git-check-ref-format(1)): nothing in it needs quoting
/// in a message or a shell.
package struct BranchName: TextValue {
    package let description: String

    package static let expected =
        "the name of a branch: 1–100 of a–z, A–Z, 0–9, '.', '_', '-' and '/', each part beginning and ending "
        + "with a letter or digit"

    package init?(_ text: some StringProtocol) {
        let parts = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard (1...100).contains(text.utf8.count), !text.contains(".."), !text.hasSuffix(".lock"),
            parts.allSatisfy({ Self.isPart(Array($0)) })
        else { return nil }
        description = String(text)
    }

    private static func isPart(_ bytes: [UInt8]) -> Bool {
        guard let first = bytes.first, let last = bytes.last else { return false }
        return first.isAlphanumeric && last.isAlphanumeric
            && bytes.allSatisfy { $0.isAlphanumeric || "._-".utf8.contains($0) }
    }
}
