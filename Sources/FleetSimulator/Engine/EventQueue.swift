/// What is to come, by virtual time: a binary heap.
///
/// Two events of one time come in the order of their rank, not in that of their insertion: so a run that
/// leaves quiet cycles out has the same order as one that does not.
struct EventQueue {
    struct Event {
        /// Seconds since the beginning.
        let time: Int64
        let rank: Int
    }

    private var heap: [Event] = []

    /// Whether `left` comes before `right`.
    private static func isBefore(_ left: Event, _ right: Event) -> Bool {
        left.time != right.time ? left.time < right.time : left.rank < right.rank
    }

    mutating func insert(_ event: Event) {
        heap.append(event)
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard Self.isBefore(heap[child], heap[parent]) else { return }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    mutating func removeFirst() -> Event? {
        guard let first = heap.first else { return nil }
        let last = heap.removeLast()
        guard !heap.isEmpty else { return first }
        heap[0] = last
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < heap.count && Self.isBefore(heap[child], heap[least]) {
                least = child
            }
            guard least != parent else { return first }
            heap.swapAt(parent, least)
            parent = least
        }
    }

    var next: Event? { heap.first }
}
