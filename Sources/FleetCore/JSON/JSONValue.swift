/// A JSON value (RFC 8259), as far as Plimsoll's own documents need it.
///
/// Whole numbers of 64 bits are numbers; any other number is kept as it is written, so that a document passes
/// through an agent that does not know a field without losing a digit.
package enum JSONValue: Hashable, Sendable {
    case null
    case bool(Bool)
    case number(Int64)
    /// A number that is no 64-bit integer, in its written form.
    case decimal(String)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByNilLiteral
{
    package init(stringLiteral value: String) { self = .string(value) }
    package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(nilLiteral: ()) { self = .null }

    /// - Precondition: no key twice.
    package init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(Dictionary(uniqueKeysWithValues: elements))
    }
}

extension JSONValue {
    /// The written form of a value as a JSON string.
    package init(_ value: some TextValue) { self = .string(value.description) }

    /// The written form of a value, or null.
    package init(_ value: (some TextValue)?) { self = value.map { .string($0.description) } ?? .null }

    package init(_ value: Int) { self = .number(Int64(value)) }

    package init(_ value: String?) { self = value.map(JSONValue.string) ?? .null }

    /// The member with this key, if this is an object that has it.
    package subscript(key: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members[key]
    }

    package var string: String? {
        guard case .string(let value) = self else { return nil }
        return value
    }

    package var integer: Int64? {
        guard case .number(let value) = self else { return nil }
        return value
    }

    package var bool: Bool? {
        guard case .bool(let value) = self else { return nil }
        return value
    }

    package var array: [JSONValue]? {
        guard case .array(let elements) = self else { return nil }
        return elements
    }

    package var object: [String: JSONValue]? {
        guard case .object(let members) = self else { return nil }
        return members
    }

    package var isNull: Bool { self == .null }
}
