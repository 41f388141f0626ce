package import FleetCore
package import FleetReconciler

extension GitFleetSource {
    package func read(_ following: Following, memory: NodeState) throws(SourceError) -> Desired {
        guard let followed = following.followed else {
            return Desired(
                commit: nil, standing: .unknown, mayAdmit: false, holds: [], conditions: following.conditions)
        }
        guard (try? clone.repository.commit(followed)) != nil else {
            // The clone was made anew, from a remote that is older than what this node has seen.
            return Desired(
                commit: followed, standing: .unknown, mayAdmit: false, holds: [],
                conditions: following.conditions)
        }
        let view: NodeView
        do throws(FleetReadError) {
            view = try read(followed)
        } catch {
            if case .notInFleet(let awaited) = error {
                return Desired(
                    commit: followed, standing: .absent(awaited: awaited), mayAdmit: following.mayAdmit,
                    holds: try holds(following), conditions: following.conditions)
            }
            guard let reason = error.reason(at: followed) else {
                throw SourceError(.cloneDamaged, error.description)
            }
            // Another version of the agent has followed it.
            return Desired(
                commit: followed, standing: .unknown, mayAdmit: false, holds: try holds(following),
                conditions: following.conditions + [reason])
        }
        self.view = (followed, view)
        if isWorking { useHosts(listedBy: followed) }
        let membership = DeclarationReader(clone: clone).membership(
            view, stacks: following.stacks, memory: memory, at: followed)
        return Desired(
            commit: followed, standing: .member(membership), mayAdmit: following.mayAdmit,
            holds: try holds(following), conditions: following.conditions)
    }

    private func read(_ commit: CommitID) throws(FleetReadError) -> NodeView {
        if let view, view.commit == commit { return view.view }
        return try FleetReader(CommitTree(clone: clone, commit: commit)).view(of: settings.node)
    }

    /// Any hold that can be read in the newest authentic commit, even if the rest of it cannot. Where that
    /// waits for approval, those of the approved one, too: one key may stop, but not move.
    private func holds(_ following: Following) throws(SourceError) -> [Reason] {
        // In a clone made anew from a remote that is behind, the newest one may be missing.
        let known = [following.holdsAt, following.followed].compactMap(\.self)
        guard let newest = known.first(where: { (try? clone.repository.commit($0)) != nil }) else {
            return []
        }
        var commits = [newest]
        if newest == following.mark, let ground = following.ground, ground != newest {
            commits.append(ground)
        }
        var holds: [Hold] = []
        do throws(FleetReadError) {
            for commit in commits {
                let found = try FleetReader(CommitTree(clone: clone, commit: commit)).holds(on: settings.node)
                holds += found.filter { !holds.contains($0) }
            }
        } catch {
            throw SourceError(.cloneDamaged, error.description)
        }
        return holds.map(\.reasonToRest)
    }
}

extension Hold {
    var reasonToRest: Reason {
        switch level {
        case .fleet: Reason(.fleetHold, "the fleet is on hold: \(reason)")
        case .group: Reason(.groupHold, "the group is on hold: \(reason)")
        case .node: Reason(.nodeHold, "the node is on hold: \(reason)")
        }
    }
}

extension FleetReadError {
    /// Why a node does not follow a commit; nil if it may, or this machine is to blame.
    func reason(at commit: CommitID) -> Reason? {
        switch self {
        case .needsNewerAgent: Reason(.newerAgentNeeded, description)
        case .unreadable: Reason(.unreadable, "commit \(commit.short): \(self)")
        case .notInFleet, .inaccessible: nil
        }
    }
}
