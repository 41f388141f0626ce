/// What a node does in this cycle, and why.
package struct Decision: Hashable, Sendable {
    package let action: Action
    /// What is admitted from now on. Where it differs from the memory, it is made durable before anything
    /// else happens.
    package let admitted: Admission?
    /// What to go back to if the admitted one fails.
    package let previous: Admission?
    /// The enforced baseline compared with what is installed; nil if nothing is enforced or nothing could be
    /// read.
    package let assessment: Assessment?
    /// What the enforced declaration says besides its packages; nil where it can no longer be read.
    package let enforced: DeclaredBaseline?
    /// Why not more is done; empty for a node at rest on what is declared.
    package let reasons: [Reason]
    /// What must be read before more can be said; nil if the evidence was enough to decide on.
    package let lacking: EvidenceNeed?
    /// The releases of the kernels that going back leaves behind; nil where nothing may be done about it now.
    package let leftKernels: Set<String>?

    package init(
        action: Action, admitted: Admission?, previous: Admission?, assessment: Assessment? = nil,
        enforced: DeclaredBaseline? = nil, reasons: [Reason], lacking: EvidenceNeed? = nil,
        leftKernels: Set<String>? = nil
    ) {
        self.leftKernels = leftKernels
        self.lacking = lacking
        self.action = action
        self.admitted = admitted
        self.previous = previous
        self.assessment = assessment
        self.enforced = enforced
        self.reasons = reasons
    }

    /// The same decision, with what has become of the admission since.
    package func replacing(admitted: Admission?, previous: Admission?) -> Decision {
        Decision(
            action: action, admitted: admitted, previous: previous, assessment: assessment,
            enforced: enforced, reasons: reasons, lacking: lacking, leftKernels: leftKernels)
    }
}

extension Decision {
    /// The same decision, where what it says to do may not begin any more in this cycle.
    package var resting: Decision {
        Decision(
            action: .rest, admitted: admitted, previous: previous, assessment: assessment,
            enforced: enforced, reasons: reasons, leftKernels: leftKernels)
    }
}

/// The one thing that a node does in a cycle.
package enum Action: Hashable, Sendable {
    /// Finish or undo the transaction that was interrupted (rule 0).
    case settle(Intent)
    /// The node was removed from the fleet: change nothing any more, forget what was admitted.
    case letGo
    /// Change nothing.
    case rest
    /// Change packages as requested, towards the admitted declaration.
    case converge(ChangeRequest)
}
