internal import FleetCore

/// Servers that deceive, machines that are copied, mirrors that lag, and crashes at every step.
extension Scenario {
    static let ofReports = [
        Scenario(
            "status ref rewound, then a new report",
            "the server shows older reports; the next one does not follow them",
            [
                plan(
                    fleet(),
                    [
                        PlannedEvent(at: 12 * hour, .release(nil, needsReboot: false)),
                        PlannedEvent(at: 13 * hour, .deceive(.rewoundReports(2), seconds: 2 * hour)),
                        PlannedEvent(at: 40 * hour, .release(nil, needsReboot: false)),
                    ])
            ],
            { simulation in
                Simulation.complaint(
                    simulation.deeds(.admitted, of: 3, in: "store").count == 3,
                    "the stores do not believe the canaries any more")
            }),
        Scenario(
            "snapshot restore and clone of a canary",
            "a restored canary remembers proofs that it may have lost; a clone reports with its key",
            [
                plan(
                    fleet(), days: 5,
                    [
                        PlannedEvent(at: 12 * hour, .release(nil, needsReboot: false)),
                        PlannedEvent(at: 15 * hour, .snapshot(canary(1))),
                        PlannedEvent(at: 20 * hour, .restore(canary(1))),
                        PlannedEvent(at: 40 * hour, .twin(canary(2))),
                        PlannedEvent(at: 50 * hour, .release(nil, needsReboot: false)),
                    ])
            ]),
        Scenario(
            "two histories",
            "one server shows a canary another branch, on which it proves what was never declared",
            (1...6).map { seed in
                plan(
                    fleet(), seed: seed,
                    [
                        PlannedEvent(at: 11 * hour, .release(nil, needsReboot: false)),
                        PlannedEvent(at: 11 * hour + minute, .deceive(.twoHistories, seconds: 30 * hour)),
                    ])
            }),
    ]

    static let ofMachines = [
        Scenario(
            "machine that dies in a change holds its site's budget",
            "one of three machines of a site dies in the middle of a change: the other two must stay up",
            stride(from: 8, through: 32, by: 2).map { step in
                var shape = fleet(canaries: 1, stores: 6, soak: 1)
                shape.groups[1].group.budget = Budget(unavailable: 1, per: FleetShape.siteLabel)
                return plan(
                    shape, days: 5,
                    (1...3).map {
                        PlannedEvent(at: 12 * hour, .cut(store($0), after: step, .power, downFor: 2 * day))
                    } + [PlannedEvent(at: 12 * hour + 1, .release(nil, needsReboot: false))])
            },
            { simulation in
                Simulation.complaint(
                    simulation.deeds(.admitted, of: 2, in: "store").count >= 6, "not all stores moved")
            }),
        Scenario(
            "mirror late by an hour",
            "a mirror that is late would make a declaration failed and close every gate",
            [
                plan(
                    fleet(),
                    [
                        PlannedEvent(at: 12 * hour, .release(nil, needsReboot: false)),
                        PlannedEvent(at: 12 * hour, .mirrorLacks(seconds: hour)),
                    ])
            ],
            { simulation in
                Simulation.complaint(
                    !simulation.deeds.contains { $0.kind == .failed }, "a declaration failed")
                    + Simulation.complaint(
                        simulation.deeds(.admitted, of: 2, in: "store").count == 3, "the stores never moved")
            }),
        Scenario(
            "kill after each arrow of the durable order",
            "a crash between two steps that must be durable in their order",
            [Happening.Cut.kill, .power].flatMap { cut in
                [nil, Flaw(.script, permille: 1_000), Flaw(.check, permille: 1_000)].flatMap { flaw in
                    (0..<26).map { step in
                        var plan = plan(
                            fleet(canaries: 1, stores: 1, soak: 1), days: 2,
                            [
                                PlannedEvent(
                                    at: 12 * hour, .cut(canary(1), after: step, cut, downFor: 60)),
                                PlannedEvent(at: 12 * hour + 1, .release(flaw, needsReboot: false)),
                            ])
                        plan.settling = 2 * day
                        plan.rest = day
                        return plan
                    }
                }
            },
            { simulation in
                let isFlawed = simulation.plan.events.contains {
                    if case .release(let flaw, _) = $0.happening { return flaw != nil }
                    return false
                }
                return Simulation.complaint(
                    isFlawed == !simulation.deeds(.failed, of: 2, in: "canary").isEmpty,
                    isFlawed ? "the bad change did not fail" : "a good change failed")
            }),
    ]
}
