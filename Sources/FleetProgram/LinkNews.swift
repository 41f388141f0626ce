/// What rtnetlink(7) tells of links, addresses and routes, reduced to one question: is there something now by
/// which a server may be reached that could not be before?
///
/// Pure. What is told again and again, such as an address at each router advertisement, is news once.
struct LinkNews {
    /// Links that were up when they were last told of.
    private var running: [UInt32: Bool] = [:]
    /// Addresses and routes that are known to be there.
    private var known: Set<[UInt8]> = []
    /// Entries that are kept: a machine with more has other things to do, and news is only news again.
    private static let knownLimit = 10_000

    /// Kinds of messages (linux/rtnetlink.h).
    private enum Kind {
        static let newLink: UInt16 = 16
        static let deleteLink: UInt16 = 17
        static let newAddress: UInt16 = 20
        static let deleteAddress: UInt16 = 21
        static let newRoute: UInt16 = 24
        static let deleteRoute: UInt16 = 25
    }

    /// Notes what one read has brought.
    ///
    /// - Parameter bytes: messages, each with its header (netlink(7)); what is cut off is left out.
    mutating func isBack(_ bytes: ArraySlice<UInt8>) -> Bool {
        var rest = bytes
        var isBack = false
        while let length = rest.number32(at: 0), length >= 16, Int(length) <= rest.count {
            let message = rest.prefix(Int(length))
            if note(message.number16(at: 4) ?? 0, Array(message.dropFirst(16))) { isBack = true }
            // Each begins at a multiple of four bytes.
            rest = rest.dropFirst((Int(length) + 3) & ~3)
        }
        return isBack
    }

    private mutating func note(_ kind: UInt16, _ body: [UInt8]) -> Bool {
        switch kind {
        case Kind.newLink: noteLink(body, isThere: true)
        case Kind.deleteLink: noteLink(body, isThere: false)
        case Kind.newAddress, Kind.deleteAddress: noteAddress(body, isThere: kind == Kind.newAddress)
        case Kind.newRoute, Kind.deleteRoute: noteRoute(body, isThere: kind == Kind.newRoute)
        default: false
        }
    }

    /// A link that is up and has a carrier, and was not so before; `struct ifinfomsg`.
    private mutating func noteLink(_ body: [UInt8], isThere: Bool) -> Bool {
        guard let index = body[...].number32(at: 4), let flags = body[...].number32(at: 8) else {
            return false
        }
        // IFF_LOOPBACK, and IFF_UP with IFF_RUNNING (netdevice(7)).
        let isRunning = isThere && flags & 0x8 == 0 && flags & 0x41 == 0x41
        let was = isThere ? running.updateValue(isRunning, forKey: index) : running.removeValue(forKey: index)
        if running.count > Self.knownLimit { running = [:] }
        return isRunning && was != true
    }

    /// An address that others can reach; `struct ifaddrmsg`.
    private mutating func noteAddress(_ body: [UInt8], isThere: Bool) -> Bool {
        guard body.count >= 8 else { return false }
        // Tentative: somebody else may have it, which is being asked (IFA_F_TENTATIVE). Of this machine's own
        // or one link's scope (RT_SCOPE_LINK): it leads nowhere.
        if isThere, body[2] & 0x40 != 0 || body[3] >= 253 { return false }
        return note([0] + [body[0], body[1]] + body[4..<8] + attribute(1, of: body.dropFirst(8)), isThere)
    }

    /// A route to somewhere else; `struct rtmsg`.
    private mutating func noteRoute(_ body: [UInt8], isThere: Bool) -> Bool {
        // RTN_UNICAST; the table of the machine's own addresses is RT_TABLE_LOCAL; RTM_F_CLONED is a copy.
        guard body.count >= 12, body[7] == 1, body[4] != 255, body[9] & 0x2 == 0 else { return false }
        let attributes = body.dropFirst(12)
        // Destination, gateway and interface make it what it is.
        let parts = [1, 5, 4].flatMap { (number: UInt16) -> [UInt8] in
            let value = attribute(number, of: attributes)
            return [UInt8(truncatingIfNeeded: value.count)] + value
        }
        return note([1] + [body[0], body[1], body[4]] + parts, isThere)
    }

    private mutating func note(_ entry: [UInt8], _ isThere: Bool) -> Bool {
        guard isThere else {
            known.remove(entry)
            return false
        }
        if known.count >= Self.knownLimit { known = [] }
        return known.insert(entry).inserted
    }

    /// The value of an attribute; empty if there is none. `struct rtattr`: length and number, then the value.
    private func attribute(_ number: UInt16, of attributes: ArraySlice<UInt8>) -> [UInt8] {
        var rest = attributes
        while let length = rest.number16(at: 0), length >= 4, Int(length) <= rest.count {
            if rest.number16(at: 2) == number { return Array(rest.prefix(Int(length)).dropFirst(4)) }
            rest = rest.dropFirst((Int(length) + 3) & ~3)
        }
        return []
    }
}

extension ArraySlice<UInt8> {
    /// A number in this machine's order, so many bytes from the start; nil past the end.
    fileprivate func number16(at offset: Int) -> UInt16? {
        count >= offset + 2
            ? withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: UInt16.self) } : nil
    }

    fileprivate func number32(at offset: Int) -> UInt32? {
        count >= offset + 4
            ? withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: UInt32.self) } : nil
    }
}
