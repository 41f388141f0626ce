internal import Glibc

/// The kernel's word on links, addresses and routes: whether a way to a server may have opened.
package final class LinkWatch {
    /// Becomes readable when there is news.
    let descriptor: Int32
    private var news = LinkNews()

    /// - Returns: nil where the kernel tells nothing: no such socket here, or it is forbidden.
    package convenience init?() {
        // NETLINK_ROUTE of AF_NETLINK (netlink(7)).
        let kind = Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let descriptor = socket(16, kind, 0)
        guard descriptor >= 0 else { return nil }
        // RTMGRP_LINK, _IPV4_IFADDR, _IPV4_ROUTE, _IPV6_IFADDR, _IPV6_ROUTE (linux/rtnetlink.h).
        let groups: UInt32 = 0x1 | 0x10 | 0x40 | 0x100 | 0x400
        var address = sockaddr()
        let isBound = withUnsafeMutableBytes(of: &address) { bytes in
            // `struct sockaddr_nl`: family, padding, process, groups.
            bytes.storeBytes(of: 16, as: UInt16.self)
            bytes.storeBytes(of: groups, toByteOffset: 8, as: UInt32.self)
            return bytes.withMemoryRebound(to: sockaddr.self) { bind(descriptor, $0.baseAddress, 12) == 0 }
        }
        guard isBound else {
            close(descriptor)
            return nil
        }
        self.init(descriptor: descriptor)
    }

    /// - Parameter descriptor: yields one or more messages a read, as rtnetlink(7) does; closed with this
    ///   value.
    package init(descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    /// Takes all news that has come.
    ///
    /// - Returns: whether any of it was good.
    package func isBack() -> Bool {
        var isBack = false
        var buffer = [UInt8](repeating: 0, count: 1 << 15)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            if count > 0 {
                // All of it is noted: one after the other, for each changes what is known.
                if news.isBack(buffer[..<count]) { isBack = true }
            } else if count < 0, errno == EINTR {
                continue
            } else if count < 0, errno == ENOBUFS {
                // More came than was kept; what it was nobody knows.
                isBack = true
            } else {
                return isBack
            }
        }
    }
}
