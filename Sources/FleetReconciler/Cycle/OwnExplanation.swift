package import FleetCore

/// Explains a node's next decision from what it remembers and has in its clone: like
/// ``Reconciler/cycle(at:)`` up to the decision, without fetching and without changing anything.
///
/// - Parameters:
///   - source: one that asks no remote, so that what was believed last stands.
///   - localHolds: what holds the node by a file on it.
/// - Returns: nil for a node that is not in the fleet, or that cannot read it.
/// - Throws: ``CycleError`` if the clone is of no use.
package func explanation(
    of memory: NodeState, from source: some FleetSource, packages: some PackageSystem, localHolds: [Reason],
    at reading: Instant
) async throws(CycleError) -> Explanation? {
    var memory = memory
    let desired: Desired
    let now: Instant
    do {
        let following = try source.follow(memory)
        memory.adopt(following, at: reading)
        now = reading.doubted(before: following.markDate)
        var read = try source.read(following, memory: memory).held(by: localHolds).judged(at: now)
        read.note(memory.staleness(in: read, since: following.markDate, at: now))
        desired = read
    } catch {
        throw CycleError(error)
    }
    guard case .member(let membership) = desired.standing, let inventory = try? await packages.inventory()
    else { return nil }
    let facts = (try? await packages.facts()) ?? SystemFacts(id: "", version: "", kernel: "")
    let position = Position(
        memory, facts: facts, inventory: InventoryIndex(inventory), record: membership.node,
        reboot: packages.rebootRequirement().adding(memory.restarts), at: now)
    let evidence = await evidence(for: desired, membership, memory: memory, from: source, at: now)
    return explain(
        desired: desired, membership: membership, position: position, evidence: evidence,
        zones: await packages.zones(of: membership.group), now: now)
}

/// What the node knows of others, as far as the declared one needs it.
private func evidence(
    for desired: Desired, _ membership: Membership, memory: NodeState, from source: some FleetSource,
    at now: Instant
) async -> Evidence {
    guard let declared = membership.stack.declared, memory.base?.declaration != declared else {
        return .none
    }
    var evidence = Evidence(unreadBy: memory, in: membership, at: now)
    if case .rule(let rule) = membership.group.gate {
        evidence = await source.evidence(of: .gate(rule.after), for: desired, memory: memory, at: now)
            .evidence
    }
    guard membership.group(for: declared).waves != nil else { return evidence }
    let waves = await source.evidence(of: .waves(declared), for: desired, memory: memory, at: now).evidence
    return evidence.adding(waves: waves.waves, unasked: waves.unasked)
}
