/// A value with one written form, which files, reports, state and the command line share.
///
/// `init(_:)` and `description` are each other's inverse up to spelling: parsing a description yields an
/// equal value.
package protocol TextValue: Hashable, Sendable, CustomStringConvertible {
    /// What `init(_:)` accepts, as it completes the sentence "expected …" of an error message.
    static var expected: String { get }

    /// Parses the written form.
    ///
    /// - Returns: nil for anything else than what `expected` says.
    init?(_ text: some StringProtocol)
}
