/// What a node remembers of services that run old code, from a change until none does any more.
package struct PendingRestarts: Hashable, Sendable {
    /// What was found last; empty before the first look.
    package var services: [OutdatedService]
    /// The services that were restarted since the change. Each is once: one that starts with old code again,
    /// or does not stay up, is not mended by more of it.
    package var restarted: [String]

    package init(services: [OutdatedService] = [], restarted: [String] = []) {
        self.services = services
        self.restarted = restarted
    }

    /// What is reported: services that wait for a restart.
    package var waiting: [OutdatedService] {
        services.filter { ![.reboot, .ignore].contains($0.treatment(allowed: [])) }
    }

    /// Services that only a reboot renews.
    package var untouchable: [OutdatedService] {
        services.filter { $0.treatment(allowed: []) == .reboot }
    }
}

extension PendingRestarts {
    package var json: JSONValue {
        [
            "services": .array(
                services.map {
                    ["unit": .string($0.unit), "packages": .array($0.packages.map { JSONValue($0) })]
                }),
            "restarted": .array(restarted.map(JSONValue.string)),
        ]
    }

    package init?(json: JSONValue) {
        guard json.object != nil else { return nil }
        self.init(
            services: (json["services"]?.array ?? []).compactMap { member in
                member["unit"]?.string.map { unit in
                    OutdatedService(
                        unit: unit,
                        packages: (member["packages"]?.array ?? []).compactMap {
                            $0.string.flatMap { PackageName($0) }
                        })
                }
            },
            restarted: (json["restarted"]?.array ?? []).compactMap(\.string))
    }
}
