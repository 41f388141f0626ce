import FleetCore
import FleetTesting
import Foundation
import Testing

@testable import FleetRepository

@Suite struct CloneMaintenanceTests {
    let folder: TemporaryFolder
    let clone: String

    init() throws {
        folder = try TemporaryFolder()
        clone = try Git.makeBareRepository("clone.git", in: folder)
    }

    @Test func whatACrashLeftIsRemovedAndNothingElse() throws {
        let left = [
            "HEAD.lock", "refs/heads/main.lock", "objects/pack/tmp_pack_a1", "objects/pack/pack_git2_b2",
            "objects/ab/tmp_object_git2_c3", "objects/tmp_obj_d4", "packed-refs.lock",
            "refs/plimsoll/outgoing/0",
        ]
        for name in left { try folder.write("", to: "clone.git/\(name)") }
        try folder.write("", to: "outside/index.lock")
        try runSuccessfully(["ln", "-s", folder.path("outside"), "objects/linked"], in: clone)
        let before = try FileManager.default.subpathsOfDirectory(atPath: clone)
        let removed = try CloneMaintenance.removeLeftovers(in: clone)
        #expect(removed == left.map { "\(clone)/\($0)" }.sorted())
        let after = try FileManager.default.subpathsOfDirectory(atPath: clone)
        #expect(Set(before).subtracting(after) == Set(left))
        #expect(folder.exists("outside/index.lock"))
        #expect(CloneMaintenance.condition(of: clone) == .usable)
    }

    @Test(arguments: [0, 1, 20, 200]) func anObjectOfWhichTheEndIsMissingIsRemoved(bytes: Int) throws {
        let repository = try GitRepository(open: clone)
        let commit = try repository.report(
            parent: nil, message: (1...400).map { String($0 &* 7_919, radix: 36) }.joined())
        let blob = try Git.run("rev-parse", "\(commit):report.json", in: clone)
        let path = "objects/\(blob.prefix(2))/\(blob.dropFirst(2))"
        let whole = try Data(contentsOf: URL(fileURLWithPath: folder.path("clone.git/\(path)")))
        #expect(try CloneMaintenance.removeLeftovers(in: clone).isEmpty && whole.count > 210)
        // Git's objects are read-only.
        try FileManager.default.removeItem(atPath: folder.path("clone.git/\(path)"))
        try whole.prefix(bytes).write(to: URL(fileURLWithPath: folder.path("clone.git/\(path)")))
        #expect(try CloneMaintenance.removeLeftovers(in: clone) == ["\(clone)/\(path)"])
    }

    @Test func aCloneWithoutWhatAReferenceNamesIsUnusable() throws {
        #expect(CloneMaintenance.condition(of: folder.path("none")) == .missing)
        try folder.write(String(repeating: "1", count: 40) + "\n", to: "clone.git/refs/heads/main")
        guard case .unusable(let error) = CloneMaintenance.condition(of: clone) else {
            Issue.record("usable")
            return
        }
        #expect(error.code == .notFound)
        #expect(error.subject == "refs/heads/main")
    }

    @Test(arguments: [("refs/heads/main", "\0\0\0\0"), ("config", "[core")])
    func aTornFileMakesACloneUnusable(_ name: String, _ content: String) throws {
        try folder.write(content, to: "clone.git/\(name)")
        guard case .unusable = CloneMaintenance.condition(of: clone) else {
            Issue.record("usable")
            return
        }
    }

    @Test(arguments: [true, false]) func aRepairThatWasCutBetweenItsStepsLosesNoClone(isNewWhole: Bool) throws
    {
        let marked = isNewWhole ? "clone.git.anew/plimsoll-repaired" : "clone.git.anew/half"
        try folder.write("", to: "clone.git/old")
        try runSuccessfully(["cp", "-a", clone, "\(clone).anew"])
        try folder.write("", to: marked)
        try FileManager.default.moveItem(atPath: clone, toPath: "\(clone).damaged")
        try CloneRepair.finish(clone)
        #expect(CloneMaintenance.condition(of: clone) == .usable)
        #expect(folder.exists("clone.git/plimsoll-repaired") == isNewWhole)
        #expect(!folder.exists("clone.git.anew") && !folder.exists("clone.git.damaged"))
    }

    @Test func manyPacksBecomeOneWithAllThatIsNeeded() throws {
        let served = try Git.makeBareRepository("served.git", in: folder)
        let work = try Git.makeWorkTree("work", in: folder, origin: served)
        let refspec = try #require(
            FetchRefspec(source: "refs/heads/main", destination: "refs/remotes/fleet/main"))
        for round in 1...4 {
            try folder.write("\(round)\n", to: "work/folder/file-\(round)")
            try Git.commit("round \(round)", in: work)
            if round == 4 { try Git.run("tag", "-a", "-m", "tag", "v1", in: work) }
            try Git.run("push", "--quiet", "--follow-tags", "origin", "main", in: work)
            _ = try NetworkChild.built.fetch(
                [refspec], from: RemoteURL(served), into: clone, byteLimit: 1 << 20)
        }
        let repository = try GitRepository(open: clone)
        let loose = try repository.report(parent: nil, message: "own report")
        let kept = try repository.report(parent: loose, message: "kept by the state alone")
        let dropped = try repository.report(parent: nil, message: "needed by nobody")
        var limits = CloneMaintenance.PackingLimits()
        let early = try CloneMaintenance.pack(clone, keeping: [kept], limits: limits)
        #expect(!early)
        limits.packs = 3
        let missing = try #require(CommitID(String(repeating: "7", count: 40)))
        let packed = try CloneMaintenance.pack(clone, keeping: [kept, missing], limits: limits)
        #expect(packed)
        let counts = try Git.run("count-objects", "-v", in: clone)
        #expect(counts.contains("count: 0\n") && counts.contains("packs: 1\n"), "\(counts)")
        try Git.run("fsck", "--full", in: clone)
        #expect(try Git.run("rev-list", "--count", "refs/remotes/fleet/main", in: clone) == "4")
        #expect(try Git.run("show", "refs/remotes/fleet/main:folder/file-1", in: clone) == "1")
        #expect(try Git.run("show", "\(kept)~1:report.json", in: clone) == "own report")
        #expect(try run(["git", "cat-file", "-e", dropped.hex], in: clone).exitCode != 0)
        let again = try CloneMaintenance.pack(clone, keeping: [kept], limits: limits)
        #expect(!again)
        #expect(CloneMaintenance.condition(of: clone) == .usable)
    }
}
