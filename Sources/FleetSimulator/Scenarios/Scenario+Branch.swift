internal import FleetCore

/// What operators do to the branch at bad moments.
extension Scenario {
    static let ofTheBranch = [
        Scenario(
            "revert and re-revert within one poll",
            "all have the new one; it is reverted, and two minutes later that is reverted: the canaries "
                + "never saw it, and their old proof would open the gate",
            [
                plan(
                    fleet(),
                    [
                        PlannedEvent(at: 12 * hour, .release(nil, needsReboot: false)),
                        PlannedEvent(at: 30 * hour, .revert(steps: 1)),
                        PlannedEvent(at: 30 * hour + 2 * minute, .revertRevert),
                    ])
            ],
            { simulation in
                let again = simulation.deeds(.admitted, of: 2, in: "store").filter { $0.time >= 30 * hour }
                return Simulation.complaint(again.count == 3, "the stores never took the new declaration")
                    + Simulation.complaint(
                        again.allSatisfy { $0.time >= 34 * hour }, "a store moved without a soak")
            }),
        Scenario(
            "stale branch merged",
            "a commit takes off three declarations at once: the whole fleet would downgrade at noon",
            [
                plan(
                    fleet(stores: 6, waves: [.percent(34), .percent(100)]), days: 6,
                    (1...3).map { PlannedEvent(at: $0 * day, .release(nil, needsReboot: false)) } + [
                        PlannedEvent(at: 5 * day, .revert(steps: 3))
                    ])
            ],
            { simulation in
                let back = simulation.deeds(.admitted, of: 1, in: "store").filter { $0.time >= 5 * day }
                let changed = simulation.deeds(.changed, of: 1, in: "store").filter { $0.time >= 5 * day }
                let admitted = back.map(\.time).sorted()
                let firstWave = changed.map(\.time).sorted().prefix(3)
                return Simulation.complaint(back.count == 6, "\(back.count) of 6 went back")
                    + Simulation.complaint(
                        zip(admitted.dropFirst(3), repeatElement(firstWave.last ?? 0, count: 3))
                            .allSatisfy { $0 >= $1 }, "the second wave did not wait for the first")
            }),
        Scenario(
            "3-node group with a 10 % step",
            "by a hash as fraction the first wave is empty 73 times of 100 and waits for ever",
            (1...6).map { seed in
                plan(
                    fleet(stores: 3, waves: [.percent(10), .percent(100)]), seed: seed,
                    [PlannedEvent(at: day, .release(nil, needsReboot: false))])
            },
            { simulation in
                let moved = simulation.deeds(.admitted, of: 2, in: "store").map(\.time).sorted()
                return Simulation.complaint(moved.count == 3, "\(moved.count) of 3 moved")
                    + Simulation.complaint(
                        moved.count < 2 || moved[1] >= moved[0] + 30 * minute,
                        "the second step did not wait for the first")
            }),
        Scenario(
            "first use of a new key",
            "a commit that brings a key may not be signed by it; the next one may",
            [
                plan(
                    fleet(),
                    [
                        PlannedEvent(at: 12 * hour, .newKey),
                        PlannedEvent(at: 13 * hour, .release(nil, needsReboot: false)),
                        PlannedEvent(at: 30 * hour, .intrude),
                        PlannedEvent(at: 40 * hour, .dropKey),
                    ])
            ],
            { simulation in
                Simulation.complaint(
                    simulation.deeds(.admitted, of: 2, in: "store").count == 3,
                    "the stores did not follow the new key")
            }),
        Scenario(
            "rewound server before an agent that cannot read the tip",
            "an old agent follows an older commit than the mark; shown an older branch it would admit by "
                + "stacks that are ahead of what it can read",
            [
                plan(
                    fleet(canaries: 1, stores: 1), days: 4,
                    [
                        PlannedEvent(at: hour, .oldAgent(canary(1))),
                        PlannedEvent(at: 36 * hour, .release(nil, needsReboot: false)),
                        PlannedEvent(at: 43 * hour, .needNewerAgent),
                        PlannedEvent(at: 46 * hour, .revert(steps: 1)),
                        PlannedEvent(at: 46 * hour + minute, .revertRevert),
                        PlannedEvent(at: 79 * hour, .deceive(.rewound(2), seconds: hour)),
                    ])
            ]),
        Scenario(
            "mixed agent versions, new on canaries",
            "canaries get the new agent first; old stores would find their reports malformed, or be locked "
                + "out of the commit that brings them the new agent",
            [
                plan(
                    fleet(), days: 4,
                    (1...3).map { PlannedEvent(at: hour, .oldAgent(store($0))) } + [
                        PlannedEvent(at: 2 * hour, .newAgent(canary(1))),
                        PlannedEvent(at: 2 * hour, .newAgent(canary(2))),
                        PlannedEvent(at: 12 * hour, .release(nil, needsReboot: false)),
                        PlannedEvent(at: 30 * hour, .needNewerAgent),
                        PlannedEvent(at: 50 * hour, .upgradeAgents),
                    ])
            ],
            { simulation in
                Simulation.complaint(
                    simulation.deeds(.admitted, of: 2, in: "store").filter { $0.time < 30 * hour }.count == 3,
                    "old stores did not believe new canaries")
            }),
    ]
}
