/// An answer to a question that a package asks when it is configured (debconf(7)).
///
/// It is given before the package is, so that nobody has to be there. It is no part of a baseline's digest:
/// it changes no package by itself.
package struct DebconfAnswer: Hashable, Sendable {
    /// The package that asks, as debconf knows its owner.
    package let owner: PackageName
    /// The question, such as `postfix/main_mailer_type`.
    package let question: String
    package let kind: Kind
    package let value: String

    package init(owner: PackageName, question: String, kind: Kind, value: String) {
        self.owner = owner
        self.question = question
        self.kind = kind
        self.value = value
    }

    /// The types of questions that have an answer (debconf-devel(7)).
    package enum Kind: String, Sendable, CaseIterable {
        case string
        case boolean
        case select
        case multiselect
        case password
    }
}

extension DebconfAnswer: Comparable {
    package static func < (left: DebconfAnswer, right: DebconfAnswer) -> Bool {
        (left.owner, left.question) < (right.owner, right.question)
    }
}

extension DebconfAnswer {
    package var json: JSONValue {
        [
            "owner": JSONValue(owner), "question": .string(question), "type": .string(kind.rawValue),
            "value": .string(value),
        ]
    }

    /// - Returns: nil unless `json` says all of it.
    package init?(json: JSONValue) {
        guard let owner = json["owner"]?.string.flatMap({ PackageName($0) }),
            let question = json["question"]?.string, let value = json["value"]?.string,
            let kind = json["type"]?.string.flatMap(Kind.init(rawValue:))
        else { return nil }
        self.init(owner: owner, question: question, kind: kind, value: value)
    }
}
