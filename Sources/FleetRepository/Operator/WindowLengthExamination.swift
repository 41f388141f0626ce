internal import FleetCore

/// Finds windows in which nothing could ever be changed, because even the smallest change needs more time.
struct WindowLengthExamination {
    let files: FleetFiles

    func warnings() throws(FileTreeError) -> [Problem] {
        let index = FleetIndex(paths: try files.tree.paths(below: Layout.groups))
        var warnings: [Problem] = []
        for name in index.groups.sorted() {
            guard let group = try files.writtenGroup(name), !group.windows.isEmpty else { continue }
            let reboot = try files.mergedBaseline(group.baseline).value?.reboot ?? .never
            let least = WindowNeed.least(reboot)
            for window in group.windows where window.length < least {
                let (path, place) = try files.place(of: ["window"], in: name)
                let why =
                    reboot == .never
                    ? "" : ", of which \(WindowNeed.rebootReserve.rough) are kept for a reboot"
                warnings.append(
                    Problem(
                        path, place,
                        "a window of '\(name)' is open for \(window.length.rough), and even the smallest "
                            + "change needs \(least.rough)\(why): alone it lets nothing begin; make it longer"
                    ))
            }
        }
        return warnings
    }
}
