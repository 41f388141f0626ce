/// The declarations of one baseline file along the first-parent chain.
///
/// A commit that changes the file's digest to one that is in the stack takes off (*withdraws*) all above it:
/// the branch went back, and the old declaration stands again. Any other digest is put on top as a new
/// declaration. So a revert resumes an old declaration, and a revert of the revert is a new one.
///
/// The stack is a pure function of the chain, the same on every node; it grows with the chain by
/// ``declare(_:by:parent:)``.
package struct DeclarationStack: Hashable, Sendable {
    /// From the oldest to the declared one; at most ``capacity``.
    package private(set) var layers: [Layer]
    /// The latest declarations that were withdrawn, oldest first; at most ``capacity``.
    package private(set) var withdrawals: [Withdrawal]

    /// How many declarations a stack holds; the oldest fall off. Going back further is a new declaration.
    package static let capacity = 32

    package init(layers: [Layer] = [], withdrawals: [Withdrawal] = []) {
        self.layers = layers
        self.withdrawals = withdrawals
    }

    /// A declaration in the stack.
    package struct Layer: Hashable, Sendable {
        package let declaration: Declaration
        /// The newest commit at which this declaration was on top and could be read; nil while that is so.
        ///
        /// The file may change without its digest, for instance its checks: what it says last is what counts.
        package fileprivate(set) var coveredAt: CommitID?

        package init(declaration: Declaration, coveredAt: CommitID? = nil) {
            self.declaration = declaration
            self.coveredAt = coveredAt
        }
    }

    /// A declaration that the branch has gone back from.
    package struct Withdrawal: Hashable, Sendable {
        package let declaration: Declaration
        /// The commit that took it off.
        package let commit: CommitID
        /// How many declarations that commit took off; more than one is more often a stale branch than a
        /// wish.
        package let count: Int
        /// The newest commit at which it was on top.
        package let coveredAt: CommitID

        package init(declaration: Declaration, commit: CommitID, count: Int, coveredAt: CommitID) {
            self.declaration = declaration
            self.commit = commit
            self.count = count
            self.coveredAt = coveredAt
        }
    }

    /// The declaration on top.
    package var declared: Declaration? { layers.last?.declaration }

    /// Follows the chain by one commit.
    ///
    /// - Parameters:
    ///   - digest: of the baseline at `commit`; nil if the file is not there or cannot be read, which
    ///     declares nothing.
    ///   - commit: the next commit of the first-parent chain.
    ///   - parent: its first parent; nil for the introduction.
    package mutating func declare(_ digest: Digest?, by commit: CommitID, parent: CommitID?) {
        guard let digest else {
            // What was on top is read from here on where it could be read last.
            if let top = layers.indices.last, layers[top].coveredAt == nil { layers[top].coveredAt = parent }
            return
        }
        guard digest != layers.last?.declaration.digest else {
            layers[layers.count - 1].coveredAt = nil
            return
        }
        if let index = layers.lastIndex(where: { $0.declaration.digest == digest }) {
            withdraw(above: index, by: commit, parent: parent)
        } else {
            if let top = layers.indices.last {
                layers[top].coveredAt = layers[top].coveredAt ?? parent
            }
            layers.append(Layer(declaration: Declaration(digest: digest, commit: commit)))
            if layers.count > Self.capacity { layers.removeFirst(layers.count - Self.capacity) }
        }
    }

    private mutating func withdraw(above index: Int, by commit: CommitID, parent: CommitID?) {
        let taken = layers[(index + 1)...]
        withdrawals += taken.map {
            Withdrawal(
                declaration: $0.declaration, commit: commit, count: taken.count,
                coveredAt: $0.coveredAt ?? parent ?? $0.declaration.commit)
        }
        if withdrawals.count > Self.capacity { withdrawals.removeFirst(withdrawals.count - Self.capacity) }
        layers.removeSubrange((index + 1)...)
        layers[index].coveredAt = nil
    }

    /// Whether `declaration` is in the stack.
    package func contains(_ declaration: Declaration) -> Bool {
        layers.contains { $0.declaration == declaration }
    }

    /// How `declaration` was withdrawn, if it was.
    package func withdrawal(of declaration: Declaration) -> Withdrawal? {
        withdrawals.last { $0.declaration == declaration }
    }

    /// The declarations that a node with `admitted` has before it, newest first.
    ///
    /// Where the admitted one was withdrawn there is only the declared one to go back to; where it is unknown
    /// here (a new node, another baseline) all of the stack.
    package func ahead(of admitted: Declaration?) -> [Declaration] {
        let newestFirst = layers.map(\.declaration).reversed()
        guard let admitted else { return Array(newestFirst) }
        if withdrawal(of: admitted) != nil, !contains(admitted) { return Array(newestFirst.prefix(1)) }
        return Array(newestFirst.prefix { $0 != admitted })
    }
}
