/// The judgement of a transaction, by what is installed and by the checks; exit codes have no part in it.
package struct Verdict: Hashable, Sendable {
    /// Why it failed; nil if it succeeded.
    package let cause: Reason?
    /// Whether trying again would not help: a maintainer script or a check has said so.
    package let isFinal: Bool

    /// - Parameters:
    ///   - scriptFailures: packages whose maintainer script failed, with the manager's words.
    ///   - after: what the checks found after the change.
    package init(
        intent: Intent, inventory: InventoryIndex, scriptFailures: [PackageID: String], after: [CheckResult]
    ) {
        // What was unfinished before, and only comes along because the manager ends all that is open, is not
        // this declaration's fault.
        let strangers = intent.strangers
        let failures = scriptFailures.filter { !strangers.contains($0.key) }
        let own = intent.planned.map(\.id).filter { !strangers.contains($0) }
        if let (id, message) = failures.min(by: { $0.key < $1.key }) {
            cause = Reason(.attemptFailed, count: failures.count, "\(id) failed: \(message)")
            isFinal = true
        } else if let id = own.first(where: { inventory.package($0)?.state == .broken }) {
            // No script has said so: the disk was full, or somebody has ended the manager.
            cause = Reason(.attemptFailed, "\(id) is left half-configured")
            isFinal = false
        } else if let left = intent.request.remaining(in: inventory).firstName {
            cause = Reason(.attemptFailed, "\(left) is not as declared after the transaction")
            isFinal = false
        } else if let check = Self.regression(from: intent.checksBefore, to: after) {
            cause = Reason(
                .attemptFailed, "check '\(check.name)' failed after the change: \(check.message)")
            isFinal = true
        } else {
            cause = nil
            isFinal = false
        }
    }

    /// The first required check that is not well after, and was well before or did not apply then. One that
    /// was bad before proves nothing; one that was well and finds nothing to check any more is not well.
    private static func regression(from before: [CheckResult], to after: [CheckResult]) -> CheckResult? {
        let wasBad = Set(before.filter(\.isBad).map(\.name))
        let wasWell = Set(before.filter { $0.isRequired && $0.outcome == .passed }.map(\.name))
        return after.filter(\.isRequired).first { check in
            switch check.outcome {
            case .passed: false
            case .failed: !wasBad.contains(check.name)
            case .notApplicable: wasWell.contains(check.name)
            }
        }
    }
}

extension Intent {
    /// The packages of the plan that nobody asks for and that keep their version: they were left half done
    /// before.
    fileprivate var strangers: Set<PackageID> {
        Set(planned.filter { $0.from == $0.to && request.targets[$0.id] == nil }.map(\.id))
    }
}

extension ChangeRequest {
    /// What of this request is not the case yet.
    package func remaining(in inventory: InventoryIndex) -> ChangeRequest {
        var request = self
        request.targets = targets.filter { id, version in
            guard let installed = inventory.package(id), installed.state != .broken else { return true }
            return installed.version != version && !isRebuild(installed, of: version)
        }
        request.removals = removals.filter { id, isPurge in
            inventory.package(id) != nil || isPurge && inventory.hasConfiguration(of: id)
        }
        return request
    }

    /// Whether what is installed is a binary rebuild of a version that was asked for by its source.
    private func isRebuild(_ installed: InstalledPackage, of version: PackageVersion) -> Bool {
        pins.contains { $0.key == .source(installed.source) && $0.version == version }
            && installed.version.withoutRebuild == version.withoutRebuild
    }

    /// One of the packages that the request is about.
    fileprivate var firstName: PackageID? { (Array(targets.keys) + Array(removals.keys)).min() }
}
