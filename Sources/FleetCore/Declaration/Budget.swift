/// How many nodes of a group that share the value of a label may be in change or failed at once.
package struct Budget: Hashable, Sendable {
    /// At least 1.
    package let unavailable: Int
    /// The label whose value the nodes share, such as `site`.
    package let per: String

    package init(unavailable: Int, per: String) {
        self.unavailable = max(unavailable, 1)
        self.per = per
    }
}

package enum LabelValueKind: NameKind { package static let noun = "label value" }

/// The value of a label by which a budget counts: it becomes part of a reference's name, so it is a name.
package typealias LabelValue = Name<LabelValueKind>

/// One ledger: where the nodes of a group that share a label's value claim.
package struct LedgerName: Hashable, Sendable {
    package let group: GroupName
    /// The label, such as `site`.
    package let label: String
    package let value: LabelValue

    package init(group: GroupName, label: String, value: LabelValue) {
        self.group = group
        self.label = label
        self.value = value
    }

    /// The reference of the status remote that is the ledger.
    package var reference: String { "\(Self.prefix)\(group)/\(value)" }

    /// What the references of all ledgers begin with.
    package static let prefix = "refs/heads/claims/"
}

extension LedgerName: CustomStringConvertible {
    package var description: String { "\(label) '\(value)' of '\(group)'" }
}

extension Membership {
    /// The ledger that this node claims in, or why it has none.
    package func ledger(of budget: Budget) -> Result<LedgerName, Reason> {
        guard let text = node.labels[budget.per] else {
            return .failure(
                Reason(
                    .budget,
                    "the group's budget counts by the label '\(budget.per)', which this node's file lacks"))
        }
        guard let value = LabelValue(text) else {
            return .failure(
                Reason(
                    .budget,
                    "the label '\(budget.per)' of this node is '\(text)'; the group's budget expects "
                        + LabelValue.expected))
        }
        return .success(LedgerName(group: group.name, label: budget.per, value: value))
    }
}
