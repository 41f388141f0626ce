/// The life of a node's process while a cycle runs: it may end before any step that has an effect.
struct Power {
    /// A cut that is to come: after so many more steps.
    var planned: (steps: Int, cut: Happening.Cut, downFor: Int64)?
    private(set) var isDead = false
    /// How the process ended, and for how long the machine stays down.
    private(set) var ended: (cut: Happening.Cut, downFor: Int64)?
    /// How many steps this cycle has taken.
    private(set) var steps = 0

    mutating func beginCycle() {
        isDead = false
        ended = nil
        steps = 0
    }

    /// Takes a step that has an effect.
    ///
    /// - Returns: whether the process lives to do it.
    mutating func step() -> Bool {
        guard !isDead else { return false }
        if let coming = planned {
            guard coming.steps > 0 else {
                planned = nil
                isDead = true
                ended = (coming.cut, coming.downFor)
                return false
            }
            planned = (coming.steps - 1, coming.cut, coming.downFor)
        }
        steps += 1
        return true
    }
}
