import FleetCore
import FleetTesting
import Foundation
import Testing

@testable import FleetRepository

/// What a network child of another user can do, and what is believed of it.
@Suite(.enabled(if: getuid() == 0, "only root can work as somebody else"))
struct NetworkConfinementTests {
    let folder: TemporaryFolder
    let served: String
    let clone: String
    let first: CommitID

    init() throws {
        folder = try TemporaryFolder()
        served = try Git.makeBareRepository("served/fleet.git", in: folder)
        let work = try Git.makeWorkTree("work", in: folder, origin: served)
        first = try #require(CommitID(try Git.commit("first", in: work)))
        try Git.run("push", "--quiet", "origin", "main", in: work)
        clone = try Git.makeBareRepository("clone.git", in: folder)
    }

    private var main: FetchRefspec {
        get throws {
            try #require(FetchRefspec(source: "refs/heads/main", destination: "refs/remotes/fleet/main"))
        }
    }

    private func child() throws -> NetworkChild {
        var child = NetworkChild.built
        child.confinement = try folder.confinement()
        return child
    }

    /// A child that somebody has taken over: a script, run as the child would be.
    private func taken(_ script: String) throws -> NetworkChild {
        var child = try child()
        child.executable = try folder.write("#!/bin/sh\n\(script)\n", to: "taken", mode: 0o755)
        return child
    }

    @Test func `it has no rights, no foreign descriptors, and gains none`() throws {
        let server = try GitServer(.silent, root: folder.path("served"))
        let remote = try RemoteURL(server.url("fleet.git"))
        let child = try child()
        let clone = clone
        let refspec = try main
        let thread = Thread {
            _ = try? child.fetch([refspec], from: remote, into: clone, byteLimit: 1 << 20)
        }
        thread.start()
        let deadline = Date().addingTimeInterval(30)
        var status = ""
        var process = ""
        while Date() < deadline, !status.contains("NoNewPrivs:\t1") {
            process = children().first ?? ""
            status =
                (try? String(contentsOf: URL(fileURLWithPath: "/proc/\(process)/status"), encoding: .utf8))
                ?? ""
            usleep(2_000)
        }
        #expect(status.contains("Uid:\t65534\t65534\t65534\t65534\n"), "\(status)")
        #expect(status.contains("Gid:\t65534\t65534\t65534\t65534\n"))
        #expect(status.contains("CapEff:\t0000000000000000\n"))
        #expect(status.contains("CapPrm:\t0000000000000000\n"))
        let files = files(of: process)
        let known = ["pipe:", "socket:", "/memfd:request", "/dev/null", "anon_inode:"]
        let others = files.filter { file in !known.contains { file.hasPrefix($0) } }
        #expect(others.allSatisfy { $0.hasSuffix("/network/pack (deleted)") }, "\(files)")
        server.stop()
        if let number = pid_t(process) { kill(number, SIGKILL) }
    }

    /// The child of this test: others have children of the same user.
    private func children() -> [String] {
        let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return processes.filter { name in
            guard name.allSatisfy(\.isNumber) else { return false }
            let command = FileManager.default.contents(atPath: "/proc/\(name)/cmdline") ?? Data()
            return String(decoding: command, as: UTF8.self).hasSuffix("network-worker\0")
                && files(of: name).contains("\(folder.path)/state/network/pack (deleted)")
        }
    }

    private func files(of process: String) -> [String] {
        let numbers = try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/fd")
        return (numbers ?? []).compactMap {
            try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(process)/fd/\($0)")
        }
    }

    @Test func `nothing of its place is left, and the clone stays root's`() throws {
        let server = try GitServer(.daemon, root: folder.path("served"))
        _ = try child().fetch(
            [main], from: try RemoteURL(server.url("fleet.git")), into: clone, byteLimit: 1 << 20)
        #expect(!folder.exists("state/network"))
        let owners = try run(["find", clone, "!", "-user", "root"]).text
        #expect(owners.isEmpty, "\(owners)")
        let mode = try run(["stat", "--format=%a %U %G", folder.path("state")]).text
        #expect(mode == "710 root nogroup")
        try Git.run("fsck", "--full", "--strict", in: clone)
    }

    @Test func `what it only says it has received is not believed`() throws {
        let tip = String(repeating: "ab", count: 20)
        let child = try taken("cat >/dev/null; echo 'listed \(tip) refs/heads/main'; echo done")
        let error = #expect(throws: NetworkError.self) {
            try child.fetch([main], from: try RemoteURL("git://127.0.0.1/x"), into: clone, byteLimit: 1 << 20)
        }
        #expect(error?.kind == .protocolViolation)
        #expect(error?.message.contains("was not received") ?? false, "\(String(describing: error))")
        #expect(try Git.run("for-each-ref", in: clone) == "")
    }

    @Test func `what is no pack, or holds less than it names, is not taken in`() throws {
        let garbage = try taken(
            "cat >/dev/null; echo rubbish >&3; echo 'listed \(first) refs/heads/main'; echo done")
        #expect(throws: NetworkError.self) {
            try garbage.fetch(
                [main], from: try RemoteURL("git://127.0.0.1/x"), into: clone, byteLimit: 1 << 20)
        }
        // The commit alone, without its tree.
        let pack = folder.path("half.pack")
        try runSuccessfully([
            "sh", "-c", "cd '\(served)' && echo \(first) | git pack-objects --stdout --quiet > '\(pack)'",
        ])
        let half = try taken(
            "cat >/dev/null; cat '\(pack)' >&3; echo 'listed \(first) refs/heads/main'; echo done")
        #expect(throws: NetworkError.self) {
            try half.fetch([main], from: try RemoteURL("git://127.0.0.1/x"), into: clone, byteLimit: 1 << 20)
        }
        #expect(try Git.run("for-each-ref", in: clone) == "")
        #expect(try run(["git", "cat-file", "-e", first.hex], in: clone).exitCode != 0)
    }

    @Test func `it cannot fill the disk`() throws {
        // The script runs as root, for only the program gives the rights up; what is tried is the parent's watch.
        let child = try taken(
            """
            place=$(sed -n 's/^place //p'); mkdir -p "$place"
            fallocate -l 300000000 "$place/much"; sleep 60
            """)
        let error = #expect(throws: NetworkError.self) {
            try child.fetch([main], from: try RemoteURL("git://127.0.0.1/x"), into: clone, byteLimit: 1 << 20)
        }
        #expect(error?.kind == .tooLarge)
        #expect(!folder.exists("state/network"))
    }

    @Test func `folders deeper than anybody walks are no hiding place, and are gone afterwards`() throws {
        let deep = "python3 -c 'import os\nfor _ in range(3000): os.mkdir(\"d\"); os.chdir(\"d\")'"
        let hiding = try taken("place=$(sed -n 's/^place //p'); cd \"$place\"; \(deep); sleep 60")
        let remote = try RemoteURL("git://127.0.0.1/x")
        let error = #expect(throws: NetworkError.self) {
            try hiding.fetch([main], from: remote, into: clone, byteLimit: 1 << 20)
        }
        #expect(error?.kind == .tooLarge)
        #expect(!folder.exists("state/network"))
        // What a crash has left, and what nobody can remove, is in nobody's way.
        try folder.write("kept", to: "state/network/child-0/file")
        let next = try taken("cat >/dev/null; echo done")
        #expect(try next.list(remote).isEmpty)
        #expect(!folder.exists("state/network"))
    }

    @Test func `links that it leaves lead nowhere`() throws {
        try folder.write("kept", to: "precious/file")
        let precious = folder.path("precious")
        let child = try taken(
            """
            place=$(sed -n 's/^place //p'); ln -s '\(precious)' "$place/link"; mkdir "$place/objects"
            ln -s '\(precious)' "$place/objects/pack"; echo done
            """)
        _ = try child.fetch([main], from: try RemoteURL("git://127.0.0.1/x"), into: clone, byteLimit: 1 << 20)
        #expect(try folder.read("precious/file") == "kept")
        #expect(!folder.exists("state/network"))
    }

    @Test func `a user that is not there, or is root, is refused`() throws {
        #expect(throws: FileError.self) { try NetworkAccount(named: "nobody-of-that-name") }
        let error = #expect(throws: FileError.self) { try NetworkAccount(named: "root") }
        #expect(error?.message == "it has the rights of root")
    }
}
