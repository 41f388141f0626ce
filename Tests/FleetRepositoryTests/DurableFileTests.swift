import FleetTesting
import Foundation
import Testing

@testable import FleetRepository

@Suite struct DurableFileTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test(arguments: [0, 1, 4095, 4096, 4097, 300_000])
    func aFileIsReadAsItWasWritten(_ size: Int) throws {
        let content = (0..<size).map { UInt8(truncatingIfNeeded: $0) }
        try DurableFile.write([7, 7, 7], to: folder.path("file"))
        try DurableFile.write(content, to: folder.path("file"), mode: 0o600)
        #expect(try DurableFile.read(folder.path("file"), limitBytes: size) == content)
        let attributes = try FileManager.default.attributesOfItem(atPath: folder.path("file"))
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["file"])
    }

    @Test func whatACrashLeftUnderTheTemporaryNameIsNotWrittenThrough() throws {
        try folder.write("victim", to: "victim")
        try runSuccessfully(["ln", "-s", "victim", "file.new"], in: folder.path)
        try DurableFile.write([1], to: folder.path("file"))
        #expect(try folder.read("victim") == "victim")
        #expect(try DurableFile.read(folder.path("file"), limitBytes: 1) == [1])
    }

    @Test func aMissingFileIsNilAndALargeOneAnError() throws {
        #expect(try DurableFile.read(folder.path("none"), limitBytes: 1) == nil)
        try folder.write("12", to: "two")
        let error = #expect(throws: FileError.self) {
            try DurableFile.read(folder.path("two"), limitBytes: 1)
        }
        #expect(error?.message == "it has more than 1 bytes")
    }

    @Test func whatIsNoFileIsAnErrorAndDoesNotBlock() throws {
        try runSuccessfully(["mkfifo", "fifo"], in: folder.path)
        #expect(throws: FileError.self) { try DurableFile.read(folder.path("fifo"), limitBytes: 1) }
        #expect(throws: FileError.self) { try DurableFile.read(folder.path, limitBytes: 1) }
    }

    @Test func anErrorSaysWhatWasTriedAndWhetherTheDiskIsFull() throws {
        let error = FileError("write", "/dev/full", number: ENOSPC)
        #expect(error.isDiskFull)
        #expect(error.description == "could not write '/dev/full': No space left on device")
        let missing = #expect(throws: FileError.self) {
            try DurableFile.write([1], to: folder.path("none/file"))
        }
        #expect(missing?.isNotFound == true)
    }

    @Test func theLockIsTakenOnceAndEndsWithItsHolder() throws {
        guard let first = try StateLock.take(inFolder: folder.path) else {
            Issue.record("somebody holds the lock of a fresh folder")
            return
        }
        let isFreeMeanwhile = try StateLock.take(inFolder: folder.path) != nil
        #expect(!isFreeMeanwhile)
        let other = try run(["flock", "--nonblock", folder.path("lock"), "true"])
        #expect(other.exitCode == 1)
        _ = consume first
        // A process that another test is just starting has a copy of the descriptor until it runs its
        // program.
        let start = ContinuousClock.now
        var isFreeAfterwards = false
        while !isFreeAfterwards, ContinuousClock.now - start < .seconds(5) {
            isFreeAfterwards = try StateLock.take(inFolder: folder.path) != nil
        }
        #expect(isFreeAfterwards)
    }
}
