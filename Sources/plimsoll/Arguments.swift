internal import ArgumentParser
internal import FleetCore

/// Parses an argument as the value that it stands for.
///
/// - Throws: `ValidationError` that says what was expected.
func argument<Value: TextValue>(_ text: String) throws -> Value {
    guard let value = Value(text) else { throw ValidationError("expected \(Value.expected)") }
    return value
}
