/// What came of recomputing a receipt.
package struct ReceiptVerdict: Hashable, Sendable {
    /// What is wrong with it, or cannot be told, in the order in which it was looked at.
    package private(set) var findings: [Finding] = []
    /// Nodes that were left out of a share as silent, on the node's own word: how long it had heard
    /// nothing of them, only it can know.
    package internal(set) var leftOutAsSilent: [NodeName] = []

    package enum Conclusion: String, Sendable, CaseIterable {
        /// History has the evidence, and the rules make of it what the receipt says.
        case follows
        case doesNotFollow
        /// What would be needed to recompute it is missing here.
        case cannotBeTold
    }

    package var conclusion: Conclusion {
        if findings.contains(where: { $0.code.isContradiction }) { return .doesNotFollow }
        return findings.isEmpty ? .follows : .cannotBeTold
    }

    package struct Finding: Hashable, Sendable {
        package let code: Code
        /// One sentence without a full stop, beginning in lower case.
        package let message: String
    }

    package enum Code: String, Sendable, CaseIterable {
        // What does not follow
        case receiptMissing
        case receiptOfAnother
        case commitBesideChain
        case commitNotYetFollowed
        case commitUnreadable
        case notInGroup
        case onHold
        case otherBaseline
        case declarationUnknown
        case declarationWithdrawn
        case declarationNotAhead
        case gateIgnored
        case gateInvented
        case gateBroken
        case ruleDiffers
        case witnessLeftOut
        case witnessInvented
        case witnessDoubled
        case witnessHold
        case witnessMembership
        case reportOfAnother
        case reportNotAuthentic
        case reportBesideChain
        case reportByOtherKey
        case reportNotNamed
        case numberDiffers
        case standingDiffers
        case soakDiffers
        case gateNotOpen
        case uncovered
        case wavesLeftOut
        case wavesInvented
        case wavesDiffer
        case stepDiffers
        case wavesNotOpen
        case rollbackUnfounded
        case urgencyUnfounded
        case proofMissing
        // What cannot be told
        case commitBeforeIntroduction
        case commitUnavailable
        case reportMissing
        case coverUnknown
        case proofUnknown

        /// Whether it says that the receipt does not follow; else it cannot be told.
        package var isContradiction: Bool {
            switch self {
            case .commitBeforeIntroduction, .commitUnavailable, .reportMissing, .coverUnknown, .proofUnknown:
                false
            default: true
            }
        }
    }

    package init() {}

    package mutating func note(_ code: Code, _ message: String) {
        findings.append(Finding(code: code, message: message))
    }
}
