package import FleetCore

extension PersonStep {
    /// `state`, `step`, and `onlyWay`: whether nothing but a person gets the node further.
    package var json: JSONValue {
        ["state": .string(state), "step": .string(step), "onlyWay": .bool(isOnlyWay)]
    }
}

extension BudgetPlaces {
    /// A list: `node`, `state` (`inChange`, `failed`, `silent`), `since`.
    package var json: JSONValue {
        .array(
            holders.map {
                [
                    "node": JSONValue($0.node), "state": .string($0.state.rawValue),
                    "since": JSONValue($0.since),
                ]
            })
    }
}
