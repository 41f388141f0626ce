internal import ArgumentParser
internal import FleetCore
internal import FleetProgram
internal import FleetRepository

/// `plimsoll-agent hold`: a person's stop on this node alone.
struct HoldCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hold",
        abstract: "Holds this node: no package is changed until 'release'.",
        discussion: """
            The node goes on observing and reporting, and tells the fleet that it is held and why. What has \
            begun is finished or undone first. Programs hold the node by any file of their own in the \
            folder hold.d beside the configuration, for as long as it is there.
            """)

    @OptionGroup var common: CommonOptions

    @Option(help: "Why; it is reported to the fleet.")
    var reason: String

    @Option(help: "When the hold ends by itself: a time such as 2026-11-30T17:00:00Z, or a duration: 4h.")
    var until: String?

    func run() throws {
        let node = try Node(configurationAt: common.path)
        let text = reason.split(whereSeparator: \.isNewline).joined(separator: " ")
        guard !text.isEmpty else { throw ProgramError(.usage, "--reason: expected a line of text") }
        guard text.unicodeScalars.count <= HoldFile.longestReason else {
            throw ProgramError(.usage, "--reason: expected at most \(HoldFile.longestReason) characters")
        }
        let hold = HoldFile(reason: text, until: try end(at: node.clocks()))
        try ending(with: .failure) { () throws(FileError) in try node.holds.hold(hold) }
        let end = hold.until.map { "until \($0)" } ?? "until 'plimsoll-agent release'"
        Terminal.print("\(node.name) is held \(end): \(text)")
        if try isAtWork(node) {
            Terminal.print(
                "a cycle is at work: a change that has begun is finished first; "
                    + "'plimsoll-agent status' says when the node is held")
        }
    }

    /// Whether a cycle may be past the point at which it asks.
    private func isAtWork(_ node: Node) throws -> Bool {
        let isOpen = (try? node.store.load())??.intent != nil
        do {
            _ = try node.lock()
            return isOpen
        } catch {
            return isOpen || error.status == .locked
        }
    }

    private func end(at now: Instant) throws -> Timestamp? {
        guard let until else { return nil }
        if let span = TimeSpan(until) {
            guard now.isWallKnown else {
                throw ProgramError(
                    .usage,
                    "--until '\(until)': the wall clock is not known to be right; give a time, or no end")
            }
            guard span > .zero else {
                throw ProgramError(.usage, "--until '\(until)': expected a time to come")
            }
            return now.wall + span
        }
        guard let time = Timestamp(until) else {
            throw ProgramError(
                .usage, "--until '\(until)': expected \(Timestamp.expected), or \(TimeSpan.expected)")
        }
        guard !now.isWallKnown || now.wall < time else {
            throw ProgramError(.usage, "--until \(time): expected a time to come; it is \(now.wall)")
        }
        return time
    }
}
