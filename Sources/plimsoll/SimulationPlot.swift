internal import FleetCore
internal import FleetSimulator

/// The rollout over time as a drawing: the share of each group that has what was merged, the median of all
/// runs as a line and what lies between 5 % and 95 % of them as a band.
struct SimulationPlot {
    private let summary: RehearsalSummary
    private let title: String
    /// The last second that is drawn.
    private let end: Int64

    init(_ summary: RehearsalSummary, title: String) {
        self.summary = summary
        self.title = title
        let last = summary.runs.flatMap(\.groups).compactMap(\.last).max() ?? 3_600
        end = max(last + last / 20, 600)
    }

    // The plane between the axes, in pixels.
    private let left = 70
    private let top = 60
    private let width = 640
    private let height = 320
    private var right: Int { left + width }
    private var bottom: Int { top + height }

    /// The drawing.
    func document() -> String {
        let legend = 26 * summary.groups.count
        var drawing = SVGDocument(
            width: right + 40, height: bottom + 70 + legend, title: title, description: description,
            style: Self.style)
        drawing.add("rect", [("class", "ground"), ("width", "100%"), ("height", "100%")])
        drawing.add("text", [("class", "title"), ("x", "\(left)"), ("y", "30")], text: title)
        axes(&drawing)
        for (place, group) in summary.groups.enumerated() { curve(of: group, place, &drawing) }
        for (place, group) in summary.groups.enumerated() { name(group, place, &drawing) }
        return drawing.finished()
    }

    private var description: String {
        "share of each group that has what was merged, over the hours since the merge: median of "
            + "\(summary.runs.count) simulated runs as a line, 5 % to 95 % of them as a band"
    }

    // MARK: Axes

    private func axes(_ drawing: inout SVGDocument) {
        for share in stride(from: 0, through: 100, by: 25) {
            let y = bottom - height * share / 100
            drawing.add("path", [("class", "grid"), ("d", "M\(left) \(y)H\(right)")])
            drawing.add(
                "text", [("class", "end"), ("x", "\(left - 8)"), ("y", "\(y + 4)")], text: "\(share) %")
        }
        let step = tick
        for second in stride(from: Int64(0), through: end, by: Int(step)) {
            let x = horizontal(second)
            drawing.add("path", [("class", "grid"), ("d", "M\(x) \(top)V\(bottom)")])
            drawing.add(
                "text", [("class", "middle"), ("x", x), ("y", "\(bottom + 18)")], text: Self.hours(second))
        }
        drawing.add("path", [("class", "axis"), ("d", "M\(left) \(top)V\(bottom)H\(right)")])
        drawing.add(
            "text", [("class", "middle"), ("x", "\(left + width / 2)"), ("y", "\(bottom + 40)")],
            text: "hours since the merge")
        let middle = top + height / 2
        drawing.add(
            "text", [("class", "middle"), ("transform", "translate(18 \(middle)) rotate(-90)")],
            text: "share of the group")
    }

    /// The time between two lines across the plane: five to ten of them.
    private var tick: Int64 {
        let steps: [Int64] = [60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400]
        return steps.first { end / $0 <= 10 } ?? (end / 864_000 + 1) * 86_400
    }

    /// A time in hours, with as many decimals as it needs, at most two.
    private static func hours(_ seconds: Int64) -> String {
        let hundredths = (seconds * 100 + 1_800) / 3_600
        let rest = hundredths % 100
        guard rest > 0 else { return "\(hundredths / 100)" }
        return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest % 10 == 0 ? rest / 10 : rest)"
    }

    private func horizontal(_ second: Int64) -> String {
        Self.tenths(Int64(left) * 10 + Int64(width) * 10 * second / end)
    }

    private func vertical(_ permille: Int64) -> String {
        Self.tenths(Int64(bottom) * 10 - Int64(height) * permille / 100)
    }

    private static func tenths(_ number: Int64) -> String {
        number % 10 == 0 ? "\(number / 10)" : "\(number / 10).\(number % 10)"
    }

    // MARK: Groups

    private func curve(of group: GroupSummary, _ place: Int, _ drawing: inout SVGDocument) {
        let points = (0...Int64(Self.points)).map { end * $0 / Int64(Self.points) }
            .map { (second: $0, share: group.progress(at: $0)) }
        let upper = points.map { "\(horizontal($0.second)) \(vertical($0.share.high))" }
        let lower = points.reversed().map { "\(horizontal($0.second)) \(vertical($0.share.low))" }
        let median = points.map { "\(horizontal($0.second)) \(vertical($0.share.median))" }
        let colour = place % Self.colours
        drawing.begin("g", [("class", "group\(colour)")])
        drawing.add("title", [], text: "\(group.group)")
        drawing.add("path", [("class", "band"), ("d", "M\((upper + lower).joined(separator: "L"))Z")])
        var line = [("class", "line"), ("d", "M\(median.joined(separator: "L"))")]
        if let dashes = Self.dashes(place) { line.append(("stroke-dasharray", dashes)) }
        drawing.add("path", line)
        drawing.end()
    }

    private func name(_ group: GroupSummary, _ place: Int, _ drawing: inout SVGDocument) {
        let y = bottom + 68 + 26 * place
        drawing.begin("g", [("class", "group\(place % Self.colours)")])
        var line = [("class", "line"), ("d", "M\(left) \(y - 4)h40")]
        if let dashes = Self.dashes(place) { line.append(("stroke-dasharray", dashes)) }
        drawing.add("path", line)
        drawing.end()
        let runs = summary.runs.count
        drawing.add(
            "text", [("x", "\(left + 50)"), ("y", "\(y)")],
            text: "\(group.group) (\(group.nodes) nodes): finished in \(group.finished) of \(runs) runs, "
                + "\(group.hits.median) hit (at most \(group.hits.worst))")
    }

    private static let points = 160

    /// Groups are told apart by dashes, too: for who sees no colours, and where colours come again.
    private static func dashes(_ place: Int) -> String? {
        [nil, "8 4", "2 4", "12 4 2 4", "6 2", "1 3"][(place + place / colours) % 6]
    }

    private static let colours = 6

    /// The colours of Okabe and Ito, which those can tell apart who see no red or no green; a little darker
    /// on a light ground and as they are on a dark one.
    private static let style: String = {
        let light = ["#0072b2", "#b35900", "#00795a", "#a3527f", "#1f7fb3", "#7a6a00"]
        let dark = ["#56b4e9", "#e69f00", "#2fc79b", "#e79fc4", "#7fb8ff", "#f0e442"]
        func rules(_ colours: [String]) -> String {
            colours.enumerated().map { ".group\($0) .line{stroke:\($1)}.group\($0) .band{fill:\($1)}" }
                .joined()
        }
        return "text{font:13px sans-serif;fill:#222}.title{font-size:16px;font-weight:bold}"
            + ".end{text-anchor:end}.middle{text-anchor:middle}.ground{fill:#fff}"
            + ".grid{stroke:#ddd;fill:none}.axis{stroke:#555;fill:none}"
            + ".line{fill:none;stroke-width:2.5}.band{fill-opacity:.18;stroke:none}" + rules(light)
            + "@media (prefers-color-scheme: dark){text{fill:#ddd}.ground{fill:#16181c}"
            + ".grid{stroke:#333}.axis{stroke:#999}.band{fill-opacity:.25}" + rules(dark) + "}"
    }()
}
