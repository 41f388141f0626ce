import FleetCore
import FleetTesting
import Foundation
import Glibc
import Synchronization
import Testing

@testable import FleetProgram

/// News of the network: what the kernel says, and what `plimsoll-agent run` makes of it.
struct LinkTests {
    /// Network namespaces and links can be made here: root, a kernel that has them, iproute2.
    static let hasLinks: Bool = {
        let make = ["unshare", "--net", "ip", "link", "add", "left", "type", "veth", "peer", "name", "right"]
        return getuid() == 0 && (try? run(make).exitCode) == 0
    }()

    /// The kernel's messages while a script works on a network of its own, each as it was read.
    private func messages(of script: String) throws -> [[UInt8]] {
        let program = """
            import socket, subprocess, sys
            news = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
            news.bind((0, 0x1 | 0x10 | 0x40 | 0x100 | 0x400))
            news.setblocking(False)
            subprocess.run(["sh", "-ec", sys.argv[1]], check=True)
            while True:
                try: print(news.recv(65536).hex())
                except BlockingIOError: break
            """
        return try runSuccessfully(["unshare", "--net", "python3", "-c", program, script]).lines.map { line in
            stride(from: 0, to: line.utf8.count, by: 2).compactMap { offset in
                UInt8(line.dropFirst(offset).prefix(2), radix: 16)
            }
        }
    }

    @Test(.enabled(if: hasLinks, "no links can be made here"))
    func whatTheKernelTellsIsNewsOnce() throws {
        let pair = "ip link add left type veth peer name right"
        var news = LinkNews()
        // Links that are down, and loopback, lead nowhere.
        for message in try messages(of: "\(pair); ip link set lo up") {
            let isBack = news.isBack(message[...])
            #expect(!isBack)
        }
        let up = "\(pair); ip link set right up; ip link set left up; ip addr add 10.9.8.7/24 dev left"
        var told = 0
        let messages = try messages(of: "\(up); ip route add default via 10.9.8.1")
        news = LinkNews()
        for message in messages where news.isBack(message[...]) { told += 1 }
        // Two links, an address, the route to its net and the one to everywhere; the kernel may tell of a
        // link more than once, and of addresses that it gives itself.
        #expect(told >= 5, "\(told) of \(messages.count)")
        for message in messages { _ = news.isBack(message[...]) }
        var again = 0
        for message in messages where news.isBack(message[...]) { again += 1 }
        // The links are told to be down before they are told to be up, so they are news again.
        #expect(again <= 2, "\(again)")
        // What is cut off is no news, and harms nobody.
        for message in messages {
            for count in message.indices { _ = news.isBack(message[..<count]) }
        }
    }

    @Test func aWaitEndsByTimeLinkOrSignal() throws {
        // A message as the kernel sends it: link 7 is up and running (`struct nlmsghdr`, `struct ifinfomsg`).
        let message = ([32, 16, 0, 0, 0, 7, 0x41, 0] as [UInt32]).flatMap { number in
            withUnsafeBytes(of: number) { Array($0) }
        }
        var ends: [Int32] = [0, 0]
        #expect(socketpair(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0)
        defer { close(ends[0]) }
        // On a thread of its own: it blocks signals for all that the thread does later.
        let done = DispatchSemaphore(value: 0)
        let endings = Mutex<[StopSignals.Ending]>([])
        let (socket, other) = (ends[0], ends[1])
        Thread.detachNewThread {
            let link = LinkWatch(descriptor: other)
            var signals = StopSignals()
            func note(_ ending: StopSignals.Ending) { endings.withLock { $0.append(ending) } }
            note(signals.wait(TimeSpan(milliseconds: 5), watching: link))
            send(socket, message, message.count, 0)
            note(signals.wait(TimeSpan(seconds: 60), watching: link))
            // The same again is no news.
            send(socket, message, message.count, 0)
            note(signals.wait(TimeSpan(milliseconds: 5), watching: link))
            pthread_kill(pthread_self(), SIGTERM)
            note(signals.wait(TimeSpan(seconds: 60), watching: link))
            done.signal()
        }
        done.wait()
        #expect(endings.withLock { $0 } == [.time, .linkIsBack, .time, .stopped])
    }

    /// A node whose only link is down, and that waits for most of a minute.
    @Test(.enabled(if: hasLinks, "no links can be made here"))
    func aNodeAsksAsSoonAsItsLinkIsBack() async throws {
        let fleet = try await LocalFleet()
        let node = try fleet.enrol(1, in: "canary")[0]
        // A git daemon on the node's own network, at an address that the node does not have yet.
        try node.configure(remote: "git://10.9.8.7/server.git")
        let settings = try fleet.folder.read("nodes/\(node.name)/agent.yaml")
        try fleet.folder.write(
            settings.replacing("interval: 1s", with: "interval: 40s"), to: "nodes/\(node.name)/agent.yaml")
        let agent = try HeldProcess(
            [
                "unshare", "--net", BuiltProgram.path("plimsoll-agent"), "run", "--config",
                node.configuration,
            ], environment: Git.environment)
        try await eventually("a cycle that reaches nobody") { agent.output.contains("unreachable") }
        let inside = ["nsenter", "--target", String(agent.process), "--net"]
        let daemon = try HeldProcess(
            inside + [
                "\(try Git.run("--exec-path", in: fleet.folder.path))/git-daemon", "--export-all",
                "--enable=receive-pack", "--base-path=\(fleet.folder.path)", fleet.folder.path,
            ], environment: Git.environment)
        let start = ContinuousClock.now
        let link = """
            ip link set lo up
            ip link add left type veth peer name right
            ip addr add 10.9.8.7/24 dev left
            ip link set right up
            ip link set left up
            """
        try runSuccessfully(inside + ["sh", "-ec", link])
        try await eventually("a node that is converged") { try node.installed == ["till": "1.0-1"] }
        // The interval would not have been over before 36 s; two seconds and a tenth of it were to pass.
        #expect(ContinuousClock.now - start < .seconds(30))
        #expect(agent.errors.contains("a link is back"))
        #expect(agent.end() == 0)
        #expect(daemon.isRunning)
    }
}
