extension SeededGenerator {
    /// A number below `bound`, which is at least 1.
    package mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &self) }

    /// Whether something happens that happens once in `times`.
    package mutating func once(in times: Int) -> Bool { below(times) == 0 }

    /// One of `elements`, which are not empty.
    package mutating func one<Element>(of elements: [Element]) -> Element { elements[below(elements.count)] }
}
