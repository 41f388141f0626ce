import FleetCore
import FleetTesting
import Foundation
import Testing

@testable import FleetRepository

/// The folder in which anybody on a node can hold it.
struct HoldFolderTests {
    private let folder: TemporaryFolder
    private let holds: HoldFolder

    init() throws {
        folder = try TemporaryFolder("holds")
        holds = HoldFolder(besideConfiguration: folder.path("agent.yaml"))
    }

    /// A reading of the clocks some seconds from now.
    private func now(_ offset: Int64 = 0, isKnown: Bool = true) -> Instant {
        Instant(
            wall: Timestamp(seconds: Int64(Date().timeIntervalSince1970) + offset), isWallKnown: isKnown,
            bootID: "a", sinceBoot: .zero)
    }

    private func messages(_ now: Instant) -> [String] { holds.reasons(at: now).map(\.message) }

    @Test func `no folder and an empty one hold nothing`() throws {
        #expect(holds.reasons(at: now()) == [])
        try DurableFile.makeFolders(holds.path)
        #expect(holds.reasons(at: now()) == [])
    }

    @Test func `any file holds, with its name, its age and its first line`() throws {
        try folder.write("payment 4711\nsecond line", to: "hold.d/payment")
        try folder.write("", to: "hold.d/.hidden")
        let reason = try #require(holds.reasons(at: now(720)).first)
        #expect(holds.reasons(at: now()).count == 1)
        #expect(reason.code == .localHold)
        #expect(reason.message.contains("'\(holds.path)/payment' since "))
        #expect(reason.message.hasSuffix("(12m): payment 4711"))
        #expect(!messages(now(720, isKnown: false))[0].contains("since"))
    }

    @Test func `what cannot be read as a file holds all the same`() throws {
        try DurableFile.makeFolders(folder.path("hold.d/folder"))
        symlink("nowhere", folder.path("hold.d/link"))
        mkfifo(folder.path("hold.d/pipe"), 0o600)
        try folder.write(String(repeating: "A", count: 100_000), to: "hold.d/large")
        #expect(messages(now()).count == 4)
        #expect(messages(now()).allSatisfy { $0.hasSuffix("no reason given") })
    }

    @Test func `a link is not followed: its reason would tell the fleet what only root may read`() throws {
        try folder.write("secret\n", to: "shadow")
        try DurableFile.makeFolders(holds.path)
        symlink(folder.path("shadow"), folder.path("hold.d/x"))
        #expect(messages(now()).count == 1 && !messages(now())[0].contains("secret"))
    }

    @Test func `a name that is no UTF-8 holds`() throws {
        try DurableFile.makeFolders(holds.path)
        var path = Array(folder.path("hold.d/l").utf8CString.dropLast())
        path += [CChar(bitPattern: 0xE4), 0]
        close(open(path, O_CREAT | O_WRONLY, 0o600))
        #expect(messages(now()).count == 1)
    }

    @Test func `a folder that should be there and is not holds`() throws {
        #expect(HoldFolder(folder.path("typo")).reasons(at: now()).count == 1)
        symlink("/nowhere/at/all", holds.path)
        #expect(messages(now()).count == 1)
    }

    @Test func `a folder that is none holds`() throws {
        try folder.write("", to: "hold.d")
        #expect(messages(now()).count == 1)
        #expect(messages(now())[0].contains("cannot be told, so nothing is changed"))
    }

    @Test func `many files are told in few reasons`() throws {
        for number in 10..<30 { try folder.write("", to: "hold.d/backup-\(number)") }
        let reasons = holds.reasons(at: now())
        #expect(reasons.count == 9 && reasons.last?.count == 12)
    }

    @Test func `the operator's hold says why, ends by itself and is taken away`() throws {
        let end = now(3_600).wall
        try holds.hold(HoldFile(reason: #"the "reader" \ is open"#, until: end))
        let reason = try #require(holds.reasons(at: now()).first)
        #expect(reason.message.hasSuffix(#"the "reader" \ is open"#) && reason.until == end)
        #expect(holds.reasons(at: now(3_601)) == [])
        // Who does not know the time does not know that it is over.
        #expect(holds.reasons(at: now(3_601, isKnown: false)).count == 1)
        try holds.hold(HoldFile(reason: "another"))
        #expect(try holds.operatorHold() == HoldFile(reason: "another"))
        try folder.write("", to: "hold.d/operator.yaml.new")
        try holds.release()
        try holds.release()
        #expect(try holds.operatorHold() == nil && holds.reasons(at: now()) == [])
    }

    @Test(arguments: [
        "until: tomorrow\n", "until: 2000-01-01\n", "until: [2000-01-01T00:00:00Z]\n", "un{til",
    ])
    func `an end that cannot be read ends nothing`(text: String) throws {
        try folder.write(text, to: "hold.d/backup.yaml")
        #expect(holds.reasons(at: now()).count == 1)
    }
}
