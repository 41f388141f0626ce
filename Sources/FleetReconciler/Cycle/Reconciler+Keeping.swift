internal import FleetCore
internal import Logging

extension Reconciler {
    /// Keeps the package files of all versions that a plan replaces or removes.
    ///
    /// Going back is the way out itself: it does not wait for what it leaves behind.
    ///
    /// - Returns: why the plan must not be carried out: it could not be undone, and the baseline does not
    ///   allow that.
    func keepReplaced(by plan: Plan, for admitted: Admission, desired: Desired) async -> Reason? {
        guard !plan.changes.isEmpty else { return nil }
        let needed = changesToUndo(beside: admitted, desired: desired)
        let isRollback = admitted.receipt.isRollback && admitted.progress != .reached
        let keeping: Keeping
        do {
            keeping = try await packages.keep(plan, needed: needed, isDemanded: !isRollback)
        } catch {
            guard !isRollback else {
                logger.warning("what is left behind is not kept: \(error.message)")
                return nil
            }
            return Reason(error.code.reasonCode, error.message)
        }
        for id in keeping.rebuilt {
            logger.notice("rebuilt for going back", metadata: ["package": "\(id)"])
        }
        guard !isRollback, let refusal = keeping.refusal else { return nil }
        guard admitted.form.irreversible == .refuse else {
            logger.warning("\(refusal.message)", metadata: ["irreversible": "allow"])
            return nil
        }
        return refusal
    }

    /// What may have to be undone besides the plan at hand: what was changed for the admitted declaration,
    /// for the previous one, and for those between them.
    private func changesToUndo(beside admitted: Admission, desired: Desired) -> [PackageChange] {
        var lasting = Set([admitted.declaration, memory.previous?.declaration].compactMap(\.self))
        if case .member(let membership) = desired.standing {
            let layers = membership.stack.layers.map(\.declaration)
            if let index = layers.firstIndex(where: lasting.contains) { lasting.formUnion(layers[index...]) }
        }
        return memory.changes.chapters.filter { lasting.contains($0.declaration) }.flatMap(\.changes)
    }
}

extension ChangeRequest {
    /// This request, marked as going back where the node has had all of it before: the branch went back, or
    /// the declaration was reached.
    func returning(to admitted: Admission) -> ChangeRequest {
        var request = self
        request.isReturn = isReturn || admitted.receipt.isRollback || admitted.progress == .reached
        return request
    }
}

extension Keeping {
    /// Why a change must not be made that could not be undone; nil if all is kept.
    fileprivate var refusal: Reason? {
        guard let first = unkept.first else { return nil }
        let more = unkept.count > 1 ? " and \(unkept.count - 1) more" : ""
        var remedies: [String] = []
        for package in unkept where !remedies.contains(package.remedy) { remedies.append(package.remedy) }
        return Reason(
            .irreversible, count: unkept.count,
            "the change could not be undone: no package file of '\(first.id)' \(first.version)\(more), for "
                + "\(first.cause); \(remedies.joined(separator: "; ")); or write 'irreversible: allow' in "
                + "the baseline")
    }
}
