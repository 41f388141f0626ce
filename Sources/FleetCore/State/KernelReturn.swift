/// A kernel that was taken back while it ran. It stays installed as long as it runs; what boots by default in
/// its place, and how the boot loader was set before, is remembered, so that it is put back.
package struct KernelReturn: Hashable, Sendable {
    /// The release that was taken back.
    package var left: String
    /// The release that is to boot by default; nil if there is none.
    package var chosen: String?
    /// Whether the boot loader has answered that it does: what is asked of it is durable before.
    package var isSet = false
    /// The boot loader's setting before, in its own words; nil where it had none.
    package var before: String?
    /// Why no other kernel boots by default, and what to do; nil if one does.
    package var obstacle: String?
    /// Whether another kernel has booted since.
    package var hasBooted = false

    package init(left: String) { self.left = left }

    /// Whether the kernel that was taken back still runs.
    package var isAwaited: Bool { !hasBooted }

    /// What reports say of it while it runs.
    package var words: String {
        let state = "the kernel \(left) was taken back and still runs"
        if let obstacle { return "\(state); \(obstacle)" }
        return chosen.map { "\(state); \($0) boots next" } ?? state
    }

    /// Why a reboot would be in vain; nil if it would not.
    package var rebootObstacle: String? {
        isAwaited && !isSet ? "the same kernel would boot again" : nil
    }
}

extension KernelReturn {
    package var json: JSONValue {
        var members: [String: JSONValue] = ["left": .string(left)]
        if let chosen { members["chosen"] = .string(chosen) }
        if isSet { members["isSet"] = .bool(true) }
        if let before { members["before"] = .string(before) }
        if let obstacle { members["obstacle"] = .string(obstacle) }
        if hasBooted { members["hasBooted"] = .bool(true) }
        return .object(members)
    }

    package init?(json: JSONValue) {
        guard let left = json["left"]?.string else { return nil }
        self.init(left: left)
        chosen = json["chosen"]?.string
        isSet = json["isSet"]?.bool ?? false
        before = json["before"]?.string
        obstacle = json["obstacle"]?.string
        hasBooted = json["hasBooted"]?.bool ?? false
    }
}
