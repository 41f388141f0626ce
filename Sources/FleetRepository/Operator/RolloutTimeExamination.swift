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
        var warnings: [Problem] = []
        for group in groups {
            guard let time = longest[group.name], time > Self.limit else { continue }
            let what =
                "up to \(time.rough) may pass from a merge to the last step of '\(group.name)', more than "
                + "\(Self.limit.rough)"
            guard let cause = RolloutTime.cause(of: group.name, in: groups) else {
                warnings.append(Problem(file: Layout.group(group.name), message: what))
                continue
            }
            let (path, place) = try files.place(of: cause.key.path, in: cause.group)
            let words = cause.key.words + (cause.group == group.name ? "" : " of '\(cause.group)'")
            let share =
                cause.without == .zero
                ? "all of it is \(words)" : "without \(words) it would be \(cause.without.rough)"
            let hasWindows = groups.contains { $0.name == cause.group && !$0.windows.isEmpty }
            warnings.append(
                Problem(path, place, "\(what); \(share): \(cause.key.remedy(hasWindows: hasWindows))"))
        }
        return warnings
    }
}

extension RolloutTime.Key {
    /// Where it stands in a group's file, or in the fleet's defaults.
    fileprivate var path: [String] {
        switch self {
        case .soak: ["gate", "soak"]
        case .waves: ["waves"]
        case .window: ["window"]
        }
    }

    fileprivate var words: String {
        switch self {
        case .soak: "this soak"
        case .waves: "these waves"
        case .window: "these windows"
        }
    }

    fileprivate func remedy(hasWindows: Bool) -> String {
        switch self {
        case .soak: hasWindows ? "shorten it, or open the windows after it longer" : "shorten it"
        case .waves:
            "take fewer steps or a shorter 'soak'" + (hasWindows ? ", so that more fit into a window" : "")
        case .window: "open them on more days, or longer"
        }
    }
}

extension FleetFiles {
    /// Where a key stands: in the group's file, in the fleet's defaults, or, where nothing says it, at the
    /// nearest key above it, or the beginning of the group's file.
    func place(
        of keys: [String], in group: GroupName
    ) throws(FileTreeError) -> (path: String, place: Place) {
        let own = Layout.group(group)
        if let place = try place(of: keys, inside: own) { return (own, place) }
        if let place = try place(of: ["defaults"] + keys, inside: Layout.fleet, atLeast: 2) {
            return (Layout.fleet, place)
        }
        return (own, .start)
    }

    /// The place of the deepest key on the way that is there; nil if fewer than `least` are.
    private func place(
        of keys: [String], inside path: String, atLeast least: Int = 1
    ) throws(FileTreeError) -> Place? {
        guard case .success(let bytes) = try bytes(path),
            var node = try? DocumentParser.parse(bytes, file: path)
        else { return nil }
        var place: Place?
        for (depth, key) in keys.enumerated() {
            guard case .mapping(let pairs) = node.content, let pair = pairs.first(where: { $0.key == key })
            else { return depth < least ? nil : place }
            place = pair.keyPlace
            node = pair.value
        }
        return place
    }
}
