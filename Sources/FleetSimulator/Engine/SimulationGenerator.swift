/// A generator whose numbers a seed determines, so that whatever it led to can be seen again.
///
/// SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014). It draws plans and
/// nothing else: what happens while a plan is carried out comes from ``Lots``, so that an event taken out of
/// a plan does not change the luck of all others.
package struct SimulationGenerator: Sendable {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return Lots.mixed(state)
    }

    /// A number below `bound`, which is at least 1.
    package mutating func below(_ bound: Int) -> Int {
        Int(next().multipliedFullWidth(by: UInt64(bound)).high)
    }

    /// A number of `range`.
    package mutating func number(in range: ClosedRange<Int>) -> Int {
        range.lowerBound + below(range.count)
    }

    /// Whether something happens that happens `permille` times of 1,000.
    package mutating func happens(permille: Int) -> Bool { below(1_000) < permille }

    /// One of `elements`, which are not empty.
    package mutating func one<Element>(of elements: [Element]) -> Element { elements[below(elements.count)] }
}

/// Lots that are drawn by name: the same for the same seed and the same words, whatever was drawn before.
package struct Lots: Sendable {
    private let seed: UInt64

    package init(seed: UInt64) { self.seed = seed }

    /// A number below 1,000.
    package func permille(_ subject: String, _ words: String...) -> Int {
        Int(draw(subject, words).multipliedFullWidth(by: 1_000).high)
    }

    /// A number below `bound`, which is at least 1.
    package func below(_ bound: Int, _ subject: String, _ words: String...) -> Int {
        Int(draw(subject, words).multipliedFullWidth(by: UInt64(bound)).high)
    }

    /// FNV-1a over the words, mixed as SplitMix64 mixes its state.
    private func draw(_ subject: String, _ words: [String]) -> UInt64 {
        var hash = 0xCBF2_9CE4_8422_2325 ^ Self.mixed(seed)
        for word in [subject] + words {
            for byte in word.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
            hash = (hash ^ 0xFF) &* 0x100_0000_01B3
        }
        return Self.mixed(hash)
    }

    static func mixed(_ state: UInt64) -> UInt64 {
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
