internal import FleetCore
internal import FleetReconciler

/// Bugs in what a node wants and decides.
extension Mutation {
    package static let choosing: [Mutation] = [
        markBeforeCheck, withdrawnIsAdmitted, wavesAreIgnored, budgetIsOffByOne, soakIsIgnored,
        holdsAreIgnored, checksAreSkipped, windowsAreIgnored, urgencyPassesFreezes,
    ]

    static let markBeforeCheck: Mutation = {
        var mutation = Mutation(
            "mark moved before the check", breaks: "verify first, then move the mark")
        mutation.following = { following, tip in
            guard let tip else { return }
            following.mark = tip.id
            following.followed = tip.id
            following.holdsAt = tip.id
        }
        return mutation
    }()

    static let withdrawnIsAdmitted: Mutation = {
        var mutation = Mutation(
            "withdrawn declaration admitted", breaks: "a commit that goes back takes off all above")
        mutation.desired = { desired, repository in
            desired = desired.replacing { membership in
                let name = membership.group.baseline
                let stack = membership.stack
                let taken = stack.withdrawals.filter { !stack.contains($0.declaration) }
                var versions = membership.versions
                for withdrawal in taken {
                    guard let commit = repository.commit(withdrawal.declaration.commit),
                        let baseline = commit.content.baselines[name]
                    else { continue }
                    versions[withdrawal.declaration] = DeclaredBaseline(
                        baseline: baseline, sources: nil, readAt: commit.id)
                }
                let layers = stack.layers + taken.map { DeclarationStack.Layer(declaration: $0.declaration) }
                return (DeclarationStack(layers: layers), versions, membership.group)
            }
        }
        return mutation
    }()

    static let wavesAreIgnored: Mutation = {
        var mutation = Mutation("wave ignored", breaks: "a wave waits for the one before it")
        mutation.desired = { desired, _ in
            desired = desired.replacing { membership in
                var group = membership.group
                group.waves = nil
                return (membership.stack, membership.versions, group)
            }
        }
        return mutation
    }()

    static let budgetIsOffByOne: Mutation = {
        var mutation = Mutation(
            "budget off by one", breaks: "so many nodes of a site are in change, and no more")
        mutation.desired = { desired, _ in
            desired = desired.replacing { membership in
                var group = membership.group
                group.budget = group.budget.map { Budget(unavailable: $0.unavailable + 1, per: $0.per) }
                return (membership.stack, membership.versions, group)
            }
        }
        return mutation
    }()

    static let soakIsIgnored: Mutation = {
        var mutation = Mutation("soak ignored", breaks: "a canary is healthy once its proof has the soak")
        mutation.desired = { desired, _ in
            desired = desired.replacing { membership in
                var group = membership.group
                if case .rule(let rule) = group.gate {
                    group.gate = .rule(
                        GateRule(
                            after: rule.after, healthy: rule.healthy, soak: .zero, failures: rule.failures,
                            silence: rule.silence))
                }
                return (membership.stack, membership.versions, group)
            }
        }
        return mutation
    }()

    static let holdsAreIgnored: Mutation = {
        var mutation = Mutation("hold ignored", breaks: "a hold changes nothing but observes")
        mutation.desired = { desired, _ in
            desired = Desired(
                commit: desired.commit, standing: desired.standing, mayAdmit: desired.mayAdmit,
                conditions: desired.conditions)
        }
        return mutation
    }()

    static let windowsAreIgnored: Mutation = {
        var mutation = Mutation("window ignored", breaks: "changes begin in a window, and in no freeze")
        mutation.desired = { desired, _ in
            desired = desired.replacing { membership in
                let group = membership.group.with(windows: [], freezes: [])
                return (membership.stack, membership.versions, group)
            }
        }
        return mutation
    }()

    static let urgencyPassesFreezes: Mutation = {
        var mutation = Mutation(
            "urgent passes a freeze", breaks: "what is urgent passes windows, and no freeze")
        mutation.desired = { desired, _ in
            desired = desired.replacing { membership in
                let group = membership.group
                let isUrgent = membership.stack.declared.flatMap { membership.versions[$0] }?.baseline.urgent
                return (
                    membership.stack, membership.versions,
                    isUrgent == nil ? group : group.with(windows: group.windows, freezes: [])
                )
            }
        }
        return mutation
    }()

    static let checksAreSkipped: Mutation = {
        var mutation = Mutation("checks skipped", breaks: "a declaration is proven by its checks")
        mutation.skipsChecks = true
        return mutation
    }()
}

extension Membership {
    fileprivate func declared(at times: [Declaration: Timestamp]) -> Membership {
        var membership = self
        membership.declaredAt = times
        return membership
    }
}

extension Desired {
    /// The same, with another stack, other versions and another group of the node's membership.
    fileprivate func replacing(
        _ change: (Membership) -> (DeclarationStack, [Declaration: DeclaredBaseline], Group)
    ) -> Desired {
        guard case .member(let membership) = standing else { return self }
        let (stack, versions, group) = change(membership)
        let changed = Membership(
            fleet: membership.fleet, group: group, node: membership.node, stack: stack, versions: versions,
            soaks: membership.soaks, peers: membership.peers, proceed: membership.proceed,
            leavers: membership.leavers
        ).declared(at: membership.declaredAt)
        return Desired(
            commit: commit, standing: .member(changed), mayAdmit: mayAdmit, holds: holds,
            conditions: conditions)
    }
}
