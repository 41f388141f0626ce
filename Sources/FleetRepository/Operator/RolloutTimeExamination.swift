internal import FleetCore

/// Finds groups that a merge reaches too late: soaks, waves and windows, each sound by itself, may add up to
/// weeks.
struct RolloutTimeExamination {
    let files: FleetFiles

    /// The longest time between a merge and the last step that is not worth a word. The auditors' month for
    /// critical patches leaves no more for a first try that fails.
    private static let limit = TimeSpan(seconds: 7 * 86_400)

    func warnings() throws(FileTreeError) -> [Problem] {
        let index = FleetIndex(paths: try files.tree.paths(below: Layout.groups))
        var groups: [Group] = []
        for name in index.groups.sorted() { groups += [try files.writtenGroup(name)].compactMap(\.self) }
        let longest = RolloutTime(groups).longest
        return groups.compactMap { group in
            guard let time = longest[group.name], time > Self.limit else { return nil }
            return Problem(
                file: Layout.group(group.name),
                message:
                    "up to \(time.rough) may pass from a merge to the last step of '\(group.name)', with "
                    + "all soaks, waves and windows before it; expected at most \(Self.limit)")
        }
    }
}
