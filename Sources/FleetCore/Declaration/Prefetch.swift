/// When a node of a group downloads what a declaration needs.
package enum Prefetch: String, Sendable, CaseIterable {
    /// As soon as it is declared, while the node still waits for gate, window or wave.
    case declared
    /// Only once it is admitted: for thin lines on which much is declared that is never admitted.
    case admitted
}
