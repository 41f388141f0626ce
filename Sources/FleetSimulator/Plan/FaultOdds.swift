/// How often each kind of thing happens: times in a hundred days, for the fleet, or for each node.
package struct FaultOdds: Hashable, Sendable {
    private var rates: [Int]

    /// Kinds of happenings.
    package enum Kind: Int, CaseIterable, Sendable {
        // For the fleet.
        case release
        case flawedRelease
        case revert
        case hastyRevert
        case staleBranch
        case hold
        case move
        case retry
        case enrol
        case remove
        case keys
        case brokenFile
        case agents
        case intruder
        case deceit
        case mirror
        case snapshot
        case twin
        // For each node.
        case kill
        case powerCut
        case linkDown
        case longDarkness
        case badPushes
        case diskFull
        case packagesLocked
        case checkBad
        case heldHere
        case clock
        case suspension
        case drift
        case replacement

        /// Whether the rate is that of each node.
        package var isOfNodes: Bool { rawValue >= Kind.kill.rawValue }
    }

    private init(_ rates: [Int]) { self.rates = rates }

    package subscript(kind: Kind) -> Int {
        get { rates[kind.rawValue] }
        set { rates[kind.rawValue] = newValue }
    }

    /// Nothing happens.
    package static let nothing = FaultOdds(Array(repeating: 0, count: Kind.allCases.count))

    /// Every fault, as often as in the worst of years.
    package static let everything: FaultOdds = {
        var odds = nothing
        let ofTheFleet: [Kind: Int] = [
            .release: 25, .flawedRelease: 18, .revert: 10, .hastyRevert: 8, .staleBranch: 6, .hold: 12,
            .move: 8, .retry: 8, .enrol: 6, .remove: 5, .keys: 5, .brokenFile: 5, .agents: 4, .intruder: 5,
            .deceit: 15, .mirror: 8, .snapshot: 6, .twin: 3,
        ]
        let ofNodes: [Kind: Int] = [
            .kill: 12, .powerCut: 12, .linkDown: 6, .longDarkness: 1, .badPushes: 5, .diskFull: 3,
            .packagesLocked: 3, .checkBad: 3, .heldHere: 2, .clock: 4, .suspension: 2, .drift: 2,
            .replacement: 1,
        ]
        for (kind, rate) in ofTheFleet { odds[kind] = rate }
        for (kind, rate) in ofNodes { odds[kind] = rate }
        return odds
    }()
}
