import FleetCore
import FleetTesting
import Testing

/// The longest time from a merge to the last step of a group.
struct RolloutTimeTests {
    private static func group(
        _ name: String, after: [String] = [], soak: String = "4h", steps: [String] = [],
        waveSoak: String = "30m", windows: [Window] = []
    ) -> Group {
        Group(
            name: .of(name), baseline: .of("base"),
            gate: after.isEmpty ? .none : .rule(.sample(after: after, soak: soak)),
            waves: steps.isEmpty
                ? nil
                : Waves(
                    steps: steps.map { .of($0) }, healthy: .of("90%"), soak: .of(waveSoak),
                    failures: .of("2%"), silence: .hold),
            windows: windows)
    }

    private static let saturday = Window(days: [.sat], start: 60, end: 300, zone: .utc)
    private static let nightly = Window(days: Weekday.allCases, start: 1_380, end: 60, zone: .utc)

    struct Case: CustomTestStringConvertible {
        let testDescription: String
        let groups: [Group]
        /// For the group `stores`, in minutes; nil where its gate cannot be asked.
        let minutes: Int64?
    }

    static let cases = [
        Case(testDescription: "at once", groups: [group("stores")], minutes: 0),
        Case(
            testDescription: "a soak", groups: [group("canary"), group("stores", after: ["canary"])],
            minutes: 240),
        Case(
            testDescription: "a chain of soaks",
            groups: [
                group("canary"), group("early", after: ["canary"], soak: "1d"),
                group("stores", after: ["early"]),
            ], minutes: 1_440 + 240),
        Case(
            testDescription: "the longer of two ways",
            groups: [
                group("canary"), group("lab", after: ["canary"], soak: "2d"),
                group("stores", after: ["canary", "lab"]),
            ], minutes: 2 * 1_440 + 240),
        Case(
            testDescription: "waves", groups: [group("stores", steps: ["10%", "50%", "100%"])], minutes: 60),
        Case(
            testDescription: "a window once a week: just missed",
            groups: [group("stores", windows: [saturday])], minutes: 7 * 1_440 - 240),
        Case(
            testDescription: "every night, over midnight: just missed",
            groups: [group("stores", windows: [nightly])], minutes: 1_440 - 120),
        Case(
            testDescription: "the soak ends when the window has just shut",
            groups: [group("canary"), group("stores", after: ["canary"], windows: [saturday])],
            minutes: 7 * 1_440 - 240 + 240),
        Case(
            testDescription: "the window has just shut, and both steps go into the next one",
            groups: [group("stores", steps: ["10%", "100%"], windows: [saturday])],
            minutes: 7 * 1_440 - 240 + 30),
        Case(
            testDescription: "steps that are longer apart than the window is open",
            groups: [group("stores", steps: ["10%", "100%"], waveSoak: "5h", windows: [saturday])],
            minutes: 2 * 7 * 1_440 - 240),
        Case(
            testDescription: "one week of the month: just missed",
            groups: [
                group(
                    "stores",
                    windows: [Window(days: [.sat], weeks: [.second], start: 60, end: 300, zone: .utc)])
            ], minutes: 5 * 7 * 1_440 - 240),
        Case(
            testDescription: "a gate behind one that cannot be asked",
            groups: [group("stores", after: ["nowhere"])], minutes: nil),
        Case(
            testDescription: "gates that wait for each other",
            groups: [group("stores", after: ["early"]), group("early", after: ["stores"])], minutes: nil),
    ]

    @Test(arguments: cases)
    func `soaks, waves and the worst wait for windows add up`(_ sample: Case) {
        let longest = RolloutTime(sample.groups).longest[.of("stores")]
        #expect(longest == sample.minutes.map { TimeSpan(seconds: $0 * 60) }, "\(longest?.rough ?? "none")")
    }

    @Test func theKeyThatMakesItLongIsNamed() {
        let weekly = Self.group("canary", windows: [Self.saturday])
        let stores = Self.group("stores", after: ["canary"], soak: "9d", steps: ["10%", "100%"])
        let cause = RolloutTime.cause(of: .of("stores"), in: [weekly, stores, Self.group("alone")])
        #expect(cause?.group == .of("stores") && cause?.key == .soak)
        #expect(cause?.without == TimeSpan(seconds: 60 * (7 * 1_440 - 240 + 30)))
        let short = Self.group("stores", after: ["canary"], soak: "1h", steps: ["10%", "100%"])
        let other = RolloutTime.cause(of: .of("stores"), in: [weekly, short])
        #expect(other?.group == .of("canary") && other?.key == .window)
        #expect(RolloutTime.cause(of: .of("stores"), in: [Self.group("stores", after: ["nowhere"])]) == nil)
    }
}
