/// A unit of another program that changes packages unasked, and that this node has masked.
///
/// It is durable before it is masked, so that exactly what was masked here is put back.
package struct StoppedUpdater: Hashable, Sendable {
    /// The name of a systemd unit, such as `apt-daily-upgrade.timer`.
    package let unit: String
    /// Whether it was active before: then it is started again.
    package let wasActive: Bool

    package init(unit: String, wasActive: Bool) {
        self.unit = unit
        self.wasActive = wasActive
    }
}

extension StoppedUpdater {
    package var json: JSONValue { ["unit": .string(unit), "wasActive": .bool(wasActive)] }

    /// - Returns: nil unless `json` names a unit.
    package init?(json: JSONValue) {
        guard let unit = json["unit"]?.string else { return nil }
        self.init(unit: unit, wasActive: json["wasActive"]?.bool ?? false)
    }
}
