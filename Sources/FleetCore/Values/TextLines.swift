extension StringProtocol {
    /// The lines of this text without their ends, as files and programs part them: at each line feed,
    /// whatever stands beside it. To Swift's characters a carriage return and the line feed behind it are
    /// one, so that a file from Windows would have a single line.
    package func lines(omittingEmpty: Bool = true) -> [SubSequence] {
        utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: omittingEmpty)
            .map { self[$0.startIndex..<$0.endIndex] }
    }
}
