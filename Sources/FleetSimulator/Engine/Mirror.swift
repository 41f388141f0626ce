/// The mirror that packages come from: it has every file, but for those that it lacks for a while.
struct Mirror {
    private var lacks: [String: Int64] = [:]

    /// Takes a file away until a time.
    mutating func lose(_ file: String, until time: Int64) { lacks[file] = max(lacks[file] ?? 0, time) }

    mutating func complete() { lacks = [:] }

    /// Whether it has a file, written `name version`.
    func has(_ file: String, at time: Int64) -> Bool { (lacks[file] ?? -1) <= time }
}
