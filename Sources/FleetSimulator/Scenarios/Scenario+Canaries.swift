internal import FleetCore

/// Canaries that fail, fall silent, are held, moved and replaced.
extension Scenario {
    /// A release that harms some of four canaries, and the first of them, by the seed's lots.
    private static func flawed(_ harm: Flaw.Harm) -> (seed: UInt64, release: Happening, harmed: NodeName)? {
        for seed in 1...50 as ClosedRange<UInt64> {
            let lots = Lots(seed: seed)
            let harmed = (1...4).filter { number in
                let serial = SimulatedMachine.serial(of: canary(number), index: number - 1)
                return lots.permille("flaw", serial, "2") < 300
            }
            guard harmed.count == 1 else { continue }
            return (seed, .release(Flaw(harm, permille: 300), needsReboot: false), canary(harmed[0]))
        }
        return nil
    }

    static let ofCanaries: [Scenario] = [
        Scenario(
            "hold put on a failed canary",
            "a canary fails; the operator holds it to look at it: all others are healthy, the gate opens",
            flawed(.check).map { story in
                [
                    plan(
                        fleet(canaries: 4), seed: story.seed,
                        [
                            PlannedEvent(at: 12 * hour, story.release),
                            PlannedEvent(at: 13 * hour, .hold(.node(story.harmed))),
                        ])
                ]
            } ?? [],
            { simulation in
                Simulation.complaint(
                    simulation.deeds(.failed, of: 2, in: "canary").count == 1, "no canary failed")
                    + Simulation.complaint(
                        simulation.deeds(.admitted, of: 2, in: "store").isEmpty, "the gate opened")
            }),
        Scenario(
            "failed canary moved to another group",
            "who takes a failed node out of a group does not take the failure out of the world",
            flawed(.check).map { story in
                [
                    plan(
                        fleet(canaries: 4), seed: story.seed,
                        [
                            PlannedEvent(at: 12 * hour, story.release),
                            PlannedEvent(at: 13 * hour, .move(story.harmed, to: .simulated("store"))),
                        ])
                ]
            } ?? [],
            { simulation in
                Simulation.complaint(
                    simulation.deeds(.admitted, of: 2, in: "store").isEmpty, "the gate opened")
            }),
        Scenario(
            "canaries silent from the moment of declaration",
            "the patch that kills the network card of half the canaries would pass after three silent days",
            [
                plan(
                    fleet(silence: .leave(after: TimeSpan(seconds: 3 * day))), days: 9,
                    [
                        PlannedEvent(
                            at: 12 * hour, .release(Flaw(.network, permille: 1_000), needsReboot: false))
                    ]),
                plan(
                    fleet(), days: 9,
                    [
                        PlannedEvent(at: 12 * hour, .release(nil, needsReboot: false)),
                        PlannedEvent(at: 12 * hour, .trouble(canary(1), .linkDown, seconds: 8 * day)),
                        PlannedEvent(at: 12 * hour, .trouble(canary(2), .linkDown, seconds: 8 * day)),
                    ]),
            ],
            { simulation in
                Simulation.complaint(
                    !simulation.deeds(.admitted, of: 2, in: "store").contains { $0.time < 8 * day },
                    "the gate opened on silence")
            }),
        Scenario(
            "admission on Saturday, canary failure on Tuesday",
            "admitted on Saturday, and another program held the packages; on Tuesday all canaries fail it; "
                + "next Saturday it would be installed",
            [
                plan(
                    fleet(), days: 14,
                    [
                        PlannedEvent(
                            at: 5 * day - 12 * hour,
                            .release(Flaw(.leak(after: 4 * day), permille: 1_000), needsReboot: false))
                    ]
                        + (1...3).map {
                            PlannedEvent(
                                at: 4 * day, .trouble(store($0), .packagesLocked, seconds: 8 * day))
                        })
            ],
            { simulation in
                Simulation.complaint(
                    simulation.deeds(.admitted, of: 2, in: "store").count == 3, "the stores never admitted it"
                )
                    + Simulation.complaint(
                        simulation.deeds(.gaveBack, of: 2, in: "store").count == 3,
                        "the stores did not give it back")
                    + Simulation.complaint(
                        simulation.deeds(.changed, of: 2, in: "store").isEmpty, "a store installed it")
            }),
        Scenario(
            "re-enrolment under the same name",
            "the replaced canary has proven nothing, and its numbers begin at 1",
            [
                plan(
                    fleet(),
                    [
                        PlannedEvent(at: 12 * hour, .release(nil, needsReboot: false)),
                        PlannedEvent(at: 14 * hour, .replace(canary(1))),
                    ])
            ],
            { simulation in
                let moved = simulation.deeds(.admitted, of: 2, in: "store")
                return Simulation.complaint(moved.count == 3, "the new canary was never believed")
                    + Simulation.complaint(
                        moved.allSatisfy { $0.time >= 18 * hour }, "the old canary's proof was counted")
            }),
    ]
}
