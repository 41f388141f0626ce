internal import ArgumentParser
internal import FleetCore
internal import FleetProgram
internal import FleetReconciler
internal import FleetRepository

/// `plimsoll-agent retry`: a person on the node says that what failed here may be tried again.
struct RetryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry",
        abstract: "Lets what failed on this node be tried again in its next cycle.",
        discussion: """
            What 'retry' in the group's or node's file does, for this node alone and without a commit: \
            declarations that failed here may be tried again, their attempts counted anew, and what waits \
            after a try that came to nothing is tried at once. Gates, windows, waves and holds still count. \
            Others hear of it by the node's report, and its failures stay known until a try has gone well.
            """)

    @OptionGroup var common: CommonOptions

    func run() throws {
        let node = try Node(configurationAt: common.path)
        let lock = try node.lock()
        var memory =
            try ending(with: .failure) { () throws(StoreError) in try node.store.load() } ?? NodeState()
        let failed = memory.failed
        let isOfUse = memory.retry()
        if isOfUse { try ending(with: .failure) { () throws(StoreError) in try node.store.save(memory) } }
        _ = consume lock
        guard isOfUse else {
            Terminal.print("\(node.name): nothing has failed here, and nothing waits to be tried again")
            return
        }
        Terminal.print("\(node.name) tries again in its next cycle")
        for record in failed {
            Terminal.print("\(record.failure.declaration) failed here: \(record.failure.reason)")
        }
    }
}
