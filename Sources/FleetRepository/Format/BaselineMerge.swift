internal import FleetCore

/// Merges a baseline with the ones that it includes.
///
/// Packages are merged: of a package that two included files declare differently, the including file must say
/// itself what it is. Sources, checks and `restart` add up, the included ones first: what an included file
/// names comes from the sources that it names. Answers are merged as packages are. Of `for`, `newer`,
/// `reboot`, `urgent`, `irreversible`, `unlisted`, `updaters` and `kernels` the including file's own counts;
/// where it is silent, the included ones, which must agree. All have one manager. The description is the
/// including file's own.
struct BaselineMerge {
    private let file: BaselineFile
    private let included: [(file: BaselineFile, place: Place)]
    private let problems: FileProblems

    /// The merged baseline of `file`.
    ///
    /// - Parameter included: what is known of an included baseline: nil if no such file exists, `.some(nil)`
    ///   if it cannot be read, which its own problems say.
    static func merge(
        _ file: BaselineFile, known: [BaselineName], included: (BaselineName) -> BaselineFile??
    ) -> Decoded<Baseline> {
        let problems = FileProblems(file: file.path)
        var readable: [(file: BaselineFile, place: Place)] = []
        for include in file.includes where include.name != file.name {
            guard let found = included(include.name) else {
                let hint = NearestWord.hint(for: "\(include.name)", in: known.map(\.description))
                problems.add(include.place, "unknown baseline '\(include.name)'\(hint)")
                continue
            }
            guard let found else { continue }
            if !found.includes.isEmpty {
                let message = "'\(found.name)' includes others itself; baselines are included one level deep"
                problems.add(include.place, message)
            }
            readable.append((found, include.place))
        }
        let merge = BaselineMerge(file: file, included: readable, problems: problems)
        return Decoded(value: merge.baseline(), problems: problems.problems)
    }

    private func baseline() -> Baseline? {
        guard let manager = file.manager else { return nil }
        for (other, place) in included {
            guard let found = other.manager, found != manager else { continue }
            problems.add(
                place,
                "'\(other.name)' is for '\(found.rawValue)'; expected '\(manager.rawValue)' as in this file")
        }
        return Baseline(
            name: file.name, description: file.description, manager: manager,
            system: agreed("for", file.system) { $0.system }, sources: sources(), entries: entries(),
            newer: agreed("newer", file.newer) { $0.newer } ?? .keep,
            checks: included.flatMap(\.file.checks) + file.checks,
            reboot: agreed("reboot", file.reboot) { $0.reboot } ?? .whenRequired,
            restart: restart(),
            urgent: agreed("urgent", file.urgent) { $0.urgent } ?? nil,
            irreversible: agreed("irreversible", file.irreversible) { $0.irreversible } ?? .refuse,
            unlisted: agreed("unlisted", file.unlisted) { $0.unlisted } ?? .ignore,
            updaters: agreed("updaters", file.updaters) { $0.updaters } ?? .report, debconf: answers(),
            kernels: agreed("kernels", file.kernels) { $0.kernels })
    }

    private func agreed<Value: Equatable>(
        _ key: String, _ own: Value?, _ value: (BaselineFile) -> Value?
    ) -> Value? {
        if let own { return own }
        var first: (value: Value, name: BaselineName)?
        for (other, place) in included {
            guard let found = value(other) else { continue }
            guard let known = first else {
                first = (found, other.name)
                continue
            }
            if known.value != found {
                problems.add(
                    place,
                    "'\(other.name)' and '\(known.name)' differ in '\(key)'; write '\(key)' in this file")
            }
        }
        return first?.value
    }

    private func restart() -> [UnitPattern] {
        let patterns = included.flatMap { $0.file.restart ?? [] } + (file.restart ?? [])
        var unique: [UnitPattern] = []
        for pattern in patterns where !unique.contains(pattern) { unique.append(pattern) }
        return unique
    }

    private func sources() -> [SourceListName]? {
        let lists = included.compactMap(\.file.sources) + [file.sources].compactMap(\.self)
        guard !lists.isEmpty else { return nil }
        var names: [SourceListName] = []
        for name in lists.joined().map(\.name) where !names.contains(name) { names.append(name) }
        return names
    }

    private func answers() -> [DebconfAnswer] {
        let own = file.debconf.map(\.answer)
        func isSame(_ one: DebconfAnswer, _ other: DebconfAnswer) -> Bool {
            one.owner == other.owner && one.question == other.question
        }
        var merged = own
        for (other, place) in included {
            for (answer, _) in other.debconf where !own.contains(where: { isSame($0, answer) }) {
                guard let known = merged.first(where: { isSame($0, answer) }) else {
                    merged.append(answer)
                    continue
                }
                guard known != answer else { continue }
                problems.add(
                    place,
                    "'\(other.name)' answers '\(answer.question)' in another way than the ones before; "
                        + "answer it in this file")
            }
        }
        return merged
    }

    private func entries() -> [Entry] {
        var merged = Dictionary(file.entries.map { ($0.key, $0) }) { first, _ in first }
        var origins: [EntryKey: BaselineName] = [:]
        for (other, place) in included {
            for entry in other.entries {
                guard let known = merged[entry.key] else {
                    merged[entry.key] = entry
                    origins[entry.key] = other.name
                    continue
                }
                guard let origin = origins[entry.key], known != entry else { continue }
                let difference = "'\(other.name)' and '\(origin)' differ in '\(entry.key)'"
                problems.add(place, "\(difference); name '\(entry.key)' in this file")
            }
        }
        return Array(merged.values)
    }
}
