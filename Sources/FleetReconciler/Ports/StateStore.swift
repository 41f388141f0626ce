package import FleetCore

/// The port to the node's durable memory.
package protocol StateStore {
    /// Reads the state.
    ///
    /// - Returns: nil on a first start: there is no state, and nothing that only a node with a state has.
    /// - Throws: ``StoreError`` if there is one that cannot be read, or none where there was one: an alarm,
    ///   not a first start.
    func load() throws(StoreError) -> NodeState?

    /// Writes the state so that it survives a power cut once this returns.
    func save(_ state: NodeState) throws(StoreError)
}

/// Why the state cannot be read or written.
package struct StoreError: Error, Hashable, Sendable {
    package let code: Code
    /// Names the file, what is wrong and what to do.
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package enum Code: String, Sendable, CaseIterable {
        /// There is a state, and it is damaged.
        case damaged
        /// There should be a state, and there is none.
        case missing
        /// It could not be written.
        case unwritable
    }
}

extension StoreError: CustomStringConvertible {
    package var description: String { message }
}
