internal import FleetCore
internal import FleetReconciler

/// Bugs in what a node believes of others.
extension Mutation {
    package static let believing: [Mutation] = [
        silenceIsHealth, heldFailuresAreForgotten, proofsCountByDigest, anyKeyIsBelieved, numbersAreForgotten,
        leaversAreForgotten,
    ]

    static let silenceIsHealth: Mutation = {
        var mutation = Mutation(
            "gate opens on silence", breaks: "no evidence never opens a gate")
        mutation.evidence = { reading, membership, _ in
            reading.evidence = reading.evidence.mapping { canary in
                if case .report = canary.testimony, !canary.isSilent(in: reading.evidence) { return canary }
                return canary.saying(.vouching(for: membership, node: canary.node))
            }
        }
        return mutation
    }()

    static let heldFailuresAreForgotten: Mutation = {
        var mutation = Mutation(
            "held failed canary forgotten", breaks: "nodes on hold leave the share, never the failures")
        mutation.evidence = { reading, _, _ in
            reading.evidence = reading.evidence.mapping { $0.isHeld ? nil : $0 }
        }
        return mutation
    }()

    static let leaversAreForgotten: Mutation = {
        var mutation = Mutation(
            "failed canary forgotten when it is moved",
            breaks: "nodes that have left the group count for failures")
        mutation.evidence = { reading, _, _ in
            reading.evidence = reading.evidence.mapping { $0.departedFrom == nil ? $0 : nil }
        }
        return mutation
    }()

    static let proofsCountByDigest: Mutation = {
        var mutation = Mutation(
            "proofs count by digest", breaks: "proofs are about a declaration, never about a digest alone")
        mutation.evidence = { reading, membership, _ in
            let asked = membership.stack.layers.map(\.declaration)
            reading.evidence = reading.evidence.mapping { canary in
                guard case .report(var report, let id) = canary.testimony else { return canary }
                for declaration in asked {
                    let same = report.proven.filter { $0.declaration.digest == declaration.digest }
                    guard let longest = same.map(\.healthyFor).max() else { continue }
                    report.proven.removeAll { $0.declaration == declaration }
                    report.proven.append(Proof(declaration: declaration, healthyFor: longest))
                }
                return canary.saying(.report(report, id: id))
            }
        }
        return mutation
    }()

    static let anyKeyIsBelieved: Mutation = {
        var mutation = Mutation(
            "report of any key believed",
            breaks: "a report is signed by the key that the followed commit lists")
        mutation.believesAnyKey = true
        return mutation
    }()

    static let numbersAreForgotten: Mutation = {
        var mutation = Mutation(
            "lower report number accepted",
            breaks: "readers remember the highest number and never accept less")
        mutation.load = { state in
            for index in state.peers.indices {
                state.peers[index].sequence = min(state.peers[index].sequence, 1)
                state.peers[index].id = nil
            }
        }
        return mutation
    }()
}

extension Evidence {
    /// This evidence with each node's changed; nil takes the node out.
    fileprivate func mapping(_ change: (CanaryEvidence) -> CanaryEvidence?) -> Evidence {
        Evidence(
            groups: groups.mapValues { $0.compactMap(change) }, watching: watching, firstSeen: firstSeen,
            heartbeat: heartbeat, entries: entries,
            waves: waves.mapValues { $0.map { $0.compactMap(change) } }, unasked: unasked)
    }
}

extension CanaryEvidence {
    fileprivate func saying(_ testimony: Testimony) -> CanaryEvidence {
        CanaryEvidence(
            node: node, isHeld: isHeld, testimony: testimony, lastNews: lastNews, failed: failed,
            labels: labels, departedFrom: departedFrom)
    }
}

extension CanaryEvidence.Testimony {
    /// What a node would say that has been well on everything for ever.
    fileprivate static func vouching(
        for membership: Membership, node: NodeName
    ) -> CanaryEvidence.Testimony {
        let declared = membership.stack.declared
        let commit = declared?.commit ?? .simulated(1, kind: 0xC)
        return .report(
            Report(
                fleet: membership.fleet.name, node: node, group: membership.group.name, sequence: 1,
                previous: nil, time: Timestamp(seconds: 0), bootID: "", commit: commit,
                baseline: BaselineStatement(
                    name: membership.group.baseline, declared: declared, admitted: declared),
                phase: .converged,
                proven: membership.stack.layers.map {
                    Proof(declaration: $0.declaration, healthyFor: .longest)
                },
                system: SystemStatement(
                    facts: SystemFacts(id: "", version: "", kernel: ""), architectures: [])),
            id: commit)
    }
}
