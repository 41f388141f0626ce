/// Everything that a simulation does: carried out twice, it is the same twice.
package struct SimulationPlan: Sendable {
    package let seed: UInt64
    package var shape: FleetShape
    /// In the order of their times.
    package var events: [PlannedEvent]
    /// When all faults stop and the operators tidy up, in seconds since the beginning.
    package var calmAt: Int64
    /// How long after that everything must have converged.
    package var settling: Int64 = 7 * 86_400
    /// How long it must then rest.
    package var rest: Int64 = 36 * 3_600

    /// When the simulation simply ends, without faults that stop and without tidying up; nil for one that
    /// must converge.
    package var endsAt: Int64?

    package init(seed: UInt64, shape: FleetShape, events: [PlannedEvent], calmAt: Int64) {
        self.seed = seed
        self.shape = shape
        self.events = events.enumerated()
            .sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }.map(\.element)
        self.calmAt = calmAt
    }
}

/// How a plan is carried out.
package struct SimulationOptions: Sendable {
    /// Whether cycles in which nothing can happen are left out.
    package var skipsQuietCycles = true
    /// Whether states go through their JSON form.
    package var usesCodec = true
    /// Whether reports that no reader can ask for any more are forgotten.
    package var forgetsOldReports = false
    /// A deliberate bug.
    package var mutation: Mutation?
    /// Whether what happens is written down.
    package var tellsStory = false

    package init() {}
}
