internal import FleetCore
internal import Logging

extension Reconciler {
    /// Signs with the key that the followed commit lists from here on, if this node has made it to take the
    /// place of its own; until then the old one stays.
    ///
    /// Under a new key the node goes on with its own chain, and counts from one: readers number reports by
    /// name and key. What it has proven stays.
    mutating func settleKey(_ desired: Desired, at now: Instant) throws(CycleError) {
        guard case .member(let membership) = desired.standing else { return }
        let listed = membership.node.key
        if listed != status.key, isNext(listed) {
            // Durable first: after a power cut the next cycle must know that the numbers are those of another
            // key.
            if memory.report.key != status.key {
                memory.report.key = status.key
                try save(at: now)
            }
            do {
                try status.takeNextKey()
                logger.notice("the node signs with its new key from now on")
            } catch {
                logger.error("\(error.message)")
            }
        }
        guard let known = memory.report.key, known != status.key else { return }
        memory.report.key = status.key
        memory.report.sequence = memory.report.id.flatMap { status.number(in: $0) } ?? 0
        memory.report.sent = memory.report.sequence
        memory.report.dueKey = nil
        // A claim by the old key is ended by any report of the new one.
        memory.claim?.sequence = memory.report.sequence
        try save(at: now)
    }

    private mutating func isNext(_ key: String) -> Bool {
        keyObstacle = nil
        do {
            return try status.isNext(key)
        } catch {
            logger.warning("\(error.message)")
            keyObstacle = error.message
            return false
        }
    }
}
