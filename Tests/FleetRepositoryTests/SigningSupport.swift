import FleetRepository
import Foundation
import Testing

/// A folder of one test; it goes with the value that holds it.
final class SigningFolder {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "plimsoll-signing-" + UUID().uuidString
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    func write(_ bytes: [UInt8], to name: String) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: "\(path)/\(name)")
    }

    func write(_ text: String, to name: String) throws {
        try write(Array(text.utf8), to: name)
    }

    func read(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: "\(path)/\(name)")))
    }

    func text(_ name: String) throws -> String {
        String(decoding: try read(name), as: UTF8.self)
    }

    /// Runs a program in this folder and waits for its end.
    ///
    /// - Parameter inUTC: whether it takes times without a zone for UTC, or for those of this machine.
    @discardableResult
    func run(_ command: [String], input: [UInt8] = [], inUTC: Bool = true) throws -> SigningCommandResult {
        let streams = UUID().uuidString
        try write(input, to: "\(streams).in")
        try write([], to: "\(streams).out")
        try write([], to: "\(streams).err")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = command
        process.currentDirectoryURL = URL(fileURLWithPath: path)
        var environment = ProcessInfo.processInfo.environment
        environment["GIT_CONFIG_GLOBAL"] = "/dev/null"
        environment["GIT_CONFIG_NOSYSTEM"] = "1"
        environment["HOME"] = path
        environment["LC_ALL"] = "C"
        // In summer git and ssh-keygen, which reads every local time as winter time, are an hour apart.
        if inUTC { environment["TZ"] = "UTC" }
        process.environment = environment
        process.standardInput = FileHandle(forReadingAtPath: "\(path)/\(streams).in")
        let output = FileHandle(forWritingAtPath: "\(path)/\(streams).out")
        let errors = FileHandle(forWritingAtPath: "\(path)/\(streams).err")
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        process.waitUntilExit()
        try output?.close()
        try errors?.close()
        return SigningCommandResult(
            status: process.terminationStatus, output: try text("\(streams).out"),
            errors: try text("\(streams).err"))
    }
}

/// The end of a program, with what it printed.
struct SigningCommandResult {
    let status: Int32
    let output: String
    let errors: String

    /// Both streams, for people.
    var printed: String { output + errors }

    var isSuccess: Bool { status == 0 }
}

/// The kinds of key that may sign, as ssh-keygen makes them.
enum SigningKeyKind: String, CaseIterable, Sendable {
    case ed25519
    case ecdsa256
    case ecdsa384
    case ecdsa521
    case rsa2048
    case rsa3072
    case rsa4096

    private var arguments: [String] {
        switch self {
        case .ed25519: ["-t", "ed25519"]
        case .ecdsa256: ["-t", "ecdsa", "-b", "256"]
        case .ecdsa384: ["-t", "ecdsa", "-b", "384"]
        case .ecdsa521: ["-t", "ecdsa", "-b", "521"]
        case .rsa2048: ["-t", "rsa", "-b", "2048"]
        case .rsa3072: ["-t", "rsa", "-b", "3072"]
        case .rsa4096: ["-t", "rsa", "-b", "4096"]
        }
    }

    /// Whether signing the same bytes twice gives the same signature.
    var isDeterministic: Bool {
        switch self {
        case .ed25519, .rsa2048, .rsa3072, .rsa4096: true
        case .ecdsa256, .ecdsa384, .ecdsa521: false
        }
    }

    /// The key of this kind that all tests of a run share: making a long RSA key takes seconds.
    func key() throws -> SigningTestKey {
        try #require(Self.keys[self]).get()
    }

    private static let keys = Dictionary(
        uniqueKeysWithValues: allCases.map { kind in
            (kind, Result { try SigningTestKey(arguments: kind.arguments) })
        })
}

/// A pair of keys that ssh-keygen made.
struct SigningTestKey: Sendable {
    /// The private key's file.
    let file: [UInt8]
    /// Type and base64, without the comment.
    let publicText: String

    static let comment = "made by a test"

    /// - Parameter arguments: type and size, as ssh-keygen takes them.
    init(arguments: [String], passphrase: String = "") throws {
        let folder = try SigningFolder()
        let command = ["ssh-keygen", "-q", "-N", passphrase, "-C", Self.comment, "-f", "key"] + arguments
        let result = try folder.run(command)
        try #require(result.isSuccess, "\(result.printed)")
        file = try folder.read("key")
        publicText = try folder.text("key.pub").split(separator: " ").prefix(2).joined(separator: " ")
    }

    func privateKey() throws -> SSHPrivateKey { try SSHPrivateKey(file: file) }

    func publicKey() throws -> SSHPublicKey { try SSHPublicKey(text: publicText) }

    /// What `ssh-keygen -Y sign` makes of `message`.
    func signature(of message: [UInt8], namespace: String = "git") throws -> String {
        let folder = try SigningFolder()
        try folder.write(file, to: "key")
        try folder.write(message, to: "message")
        let result = try folder.run(["ssh-keygen", "-Y", "sign", "-n", namespace, "-f", "key", "message"])
        try #require(result.isSuccess, "\(result.printed)")
        return try folder.text("message.sig")
    }
}

/// A generator of random numbers that says the same on each run (SplitMix64).
struct SigningSeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

extension [UInt8] {
    /// These bytes with a few bytes changed, removed, repeated or put in.
    func mutated(by generator: inout SigningSeededGenerator) -> [UInt8] {
        var bytes = self
        for _ in 0..<Int.random(in: 1...4, using: &generator) {
            let index = Int.random(in: 0...bytes.count, using: &generator)
            switch Int.random(in: 0..<5, using: &generator) {
            case 0 where index < bytes.count:
                bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            case 1 where index < bytes.count:
                bytes[index] = [0, 1, 0x22, 0x7F, 0x80, 0xFF].randomElement(using: &generator) ?? 0
            case 2:
                bytes.insert(.random(in: 0...255, using: &generator), at: index)
            case 3:
                let end = Swift.min(bytes.count, index + Int.random(in: 1...40, using: &generator))
                bytes.removeSubrange(index..<end)
            default:
                let end = Swift.min(bytes.count, index + Int.random(in: 1...40, using: &generator))
                bytes.insert(contentsOf: bytes[index..<end], at: index)
            }
        }
        return bytes
    }
}
