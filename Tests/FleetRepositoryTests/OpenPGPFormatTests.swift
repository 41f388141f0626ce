import FleetTesting
import Testing

@testable import FleetRepository

/// OpenPGP's armour, packets and keys, and what gpgv says.
struct OpenPGPFormatTests {
    /// An ed25519 key with a subkey, made by gpg; it ended on 2020-06-01, the subkey before.
    private static let armoured = """
        -----BEGIN PGP PUBLIC KEY BLOCK-----

        mDMEXgvhABYJKwYBBAHaRw8BAQdAtY2idgZsDuWx6A2WG7oaXbTEgzLqZbnLfGtA
        MvaPxV60FU9sZCA8b2xkQGV4YW1wbGUuY29tPoiWBBMWCAA+FiEEv96Wvyx5Mt8C
        uCOO7FFwmqI+izgFAl4L4QACGwMFCQDJDMAFCwkIBwIGFQoJCAsCBBYCAwECHgEC
        F4AACgkQ7FFwmqI+izjD0gEA11W2K4PO91NevIwHr/a5TIALOgMDzoJakibSaJ7A
        lLYA/2BHSR75bXZrnAzab1QR6ISN6/45zsCovymk/CdO1p8CuDMEXgvhABYJKwYB
        BAHaRw8BAQdASLSScHeI+NPoo1rbD/SssQdpsOLfFFgxkJxKzkztNVuI9QQYFggA
        JhYhBL/elr8seTLfArgjjuxRcJqiPos4BQJeC+EAAhsCBQkAeKFAAIEJEOxRcJqi
        Pos4diAEGRYIAB0WIQS95dw08UiS5TwOL7tEMChK2eia5AUCXgvhAAAKCRBEMChK
        2eia5FpkAP92ssPpb7F4NAVHSna56bZ0ELYO4oHQcAoDHrZtaUT0PAD+PG9E0k09
        tEWhteBOjDJabUtJCzv30nCVRZK+iUWp+wDV+AEAjvhRY2ypHS+BGbkamjVNSjRw
        zxnYmrQmgoXV32fi55sA/jeEYQklY8kDsRWr8sKrr4P/Xx9HsRYlsKtOWCGPTlMM
        =CBnB
        -----END PGP PUBLIC KEY BLOCK-----
        """
    private static let path = "trust/openpgp/key.asc"

    private func file(_ text: String) throws -> OpenPGPKeyring.File {
        try OpenPGPKeyring.file(Array(text.utf8), at: Self.path)
    }

    @Test func `a key is read as gpg shows it`() throws {
        let file = try file(Self.armoured)
        let certificate = try #require(file.certificates.first)
        #expect(file.certificates.count == 1)
        #expect(file.wrongChecksum == nil)
        #expect(
            certificate.keys.map(\.name) == [
                "BFDE96BF2C7932DF02B8238EEC51709AA23E8B38", "BDE5DC34F14892E53C0E2FBB4430284AD9E89AE4",
            ])
        #expect(certificate.principal == "old@example.com")
        #expect(certificate.keys.map(\.end) == [1_591_012_800, 1_585_742_400])
        #expect(certificate.keys.map(\.created) == [1_577_836_800, 1_577_836_800])
        #expect(certificate.primary.weakness == nil)
    }

    @Test func `the checksum is CRC-24 and decides nothing`() throws {
        #expect(OpenPGPArmor.checksum(of: []) == 0xB7_04CE)
        #expect(OpenPGPArmor.checksum(of: Array("123456789".utf8)) == 0x21_CF02)
        let lines = Self.armoured.split(separator: "\n", omittingEmptySubsequences: false)
        let plain = lines.filter { !($0.hasPrefix("=") && $0.count == 5) }.joined(separator: "\n")
        #expect(plain != Self.armoured)
        #expect(try file(plain).bytes == file(Self.armoured).bytes)
        let wrong = lines.map { $0.hasPrefix("=") ? "=AAAA" : $0 }.joined(separator: "\n")
        #expect(try file(wrong).wrongChecksum == 1)
        #expect(try file(wrong).bytes == file(Self.armoured).bytes)
    }

    @Test func `several blocks, headers and ends of lines are of no matter`() throws {
        let windows = Self.armoured.replacing("\n", with: "\r\n")
        let commented = Self.armoured.replacing(
            "BLOCK-----\n\n", with: "BLOCK-----\nComment: mine\nHash: x\n \n")
        #expect(commented != Self.armoured)
        #expect(try file(windows).bytes == file(Self.armoured).bytes)
        #expect(try file(commented).bytes == file(Self.armoured).bytes)
        #expect(try file("\n\(Self.armoured)\n\n\(Self.armoured)\n").certificates.count == 2)
        let error = #expect(throws: OpenPGPKeyring.FileError.self) {
            try OpenPGPKeyring([("b", Array(Self.armoured.utf8)), ("a", Array(Self.armoured.utf8))])
        }
        #expect(error?.path == "b")
        #expect(error?.message.hasSuffix("again, which is in 'a'; keep it once") == true)
    }

    struct Broken: CustomTestStringConvertible {
        let testDescription: String
        let line: Int
        let message: String
        let change: @Sendable (String) -> String
    }

    @Test(arguments: [
        Broken(testDescription: "empty", line: 1, message: "expected a line '-----BEGIN PGP PUBLIC KEY") {
            _ in ""
        },
        Broken(testDescription: "text before", line: 1, message: "nothing around the blocks") {
            "hello\n\($0)"
        },
        Broken(testDescription: "dashes", line: 1, message: "nothing around the blocks") { "-\($0)" },
        Broken(testDescription: "cut off", line: 3, message: "expected a last line '-----END") {
            $0.split(separator: "\n", omittingEmptySubsequences: false).prefix(3).joined(separator: "\n")
        },
        Broken(testDescription: "no empty line", line: 2, message: "or an empty line before the data") {
            $0.replacing("BLOCK-----\n\n", with: "BLOCK-----\n")
        },
        Broken(testDescription: "no base64", line: 1, message: "expected base64 between") {
            $0.replacing("\n\n", with: "\n\n*")
        },
        Broken(testDescription: "a private key", line: 1, message: "found a private key") {
            $0.replacing("PUBLIC", with: "PRIVATE")
        },
        Broken(testDescription: "a secret packet", line: 1, message: "found a private key") { _ in
            block([0x94, 1, 4])
        },
        Broken(testDescription: "version 6", line: 1, message: "keys of version 6 are not accepted") { _ in
            block([0x98, 1, 6])
        },
        Broken(testDescription: "no packet", line: 1, message: "expected a packet of OpenPGP") { _ in
            block([0x18, 1, 4])
        },
        Broken(testDescription: "a signature first", line: 1, message: "expected a public key as the first") {
            _ in
            block([0x88, 1, 4])
        },
        Broken(testDescription: "too short", line: 1, message: "a packet ends before its length") { _ in
            block([0x99, 0xFF, 0xFF, 4])
        },
        Broken(testDescription: "a length in parts", line: 1, message: "a packet ends before its length") {
            _ in
            block([0xC6, 0xE1, 4, 4])
        },
    ])
    func `a broken file is named with its line`(_ broken: Broken) {
        let error = #expect(throws: OpenPGPKeyring.FileError.self) { try file(broken.change(Self.armoured)) }
        #expect(error?.line == broken.line)
        #expect(error?.message.contains(broken.message) == true, "\(error?.message ?? "")")
        #expect(error?.path == Self.path)
    }

    private static func block(_ bytes: [UInt8]) -> String {
        "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n\(String(decoding: Base64.encode(bytes), as: UTF8.self))\n"
            + "-----END PGP PUBLIC KEY BLOCK-----\n"
    }

    @Test func `no bytes stop the reader`() throws {
        let bytes = try file(Self.armoured).bytes
        var random = SeededGenerator(seed: 9580)
        for end in 0..<bytes.count { readAnything(Array(bytes[..<end])) }
        for _ in 0..<2_000 {
            var changed = bytes
            for _ in 0...random.next() % 4 {
                changed[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
            }
            readAnything(changed)
        }
    }

    private func readAnything(_ bytes: [UInt8]) {
        guard let packets = try? OpenPGPPacket.packets(in: bytes) else { return }
        #expect(packets.reduce(0) { $0 + $1.body.count } <= bytes.count)
        _ = try? OpenPGPCertificate.certificates(in: packets)
        for packet in packets { _ = try? OpenPGPSignaturePacket(packet.body) }
    }

    @Test func `too many files or bytes are refused`() {
        let many = (0...OpenPGPKeyring.mostFiles).map { (path: "\($0)", bytes: [UInt8]()) }
        let error = #expect(throws: OpenPGPKeyring.FileError.self) { try OpenPGPKeyring(many) }
        #expect(error?.message == "found more than 256 files")
    }

    struct Status: CustomTestStringConvertible {
        let lines: [String]
        var exitCode: Int32 = 0
        let finding: GpgvFinding?

        var testDescription: String { lines.first ?? "nothing" }
    }

    private static let key = "5F29B801074C8414CF7A9E6E93E4255AC18CA61A"

    private static func valid(_ ends: String = "0", digest: String = "8", kind: String = "00") -> String {
        "VALIDSIG \(key) 2026-11-23 1795432857 \(ends) 4 0 22 \(digest) \(kind) \(key)"
    }

    @Test(arguments: [
        Status(lines: ["GOODSIG 93E4255AC18CA61A Ada <ada@example.com>", valid()], finding: .good(key: key)),
        Status(
            lines: ["KEYEXPIRED 1591012800", "EXPKEYSIG 93E4255AC18CA61A Ada", valid()],
            finding: .good(key: key)),
        Status(lines: ["REVKEYSIG 93E4255AC18CA61A Ada", valid()], finding: .revoked),
        Status(lines: ["BADSIG 93E4255AC18CA61A Ada"], exitCode: 1, finding: .bad),
        Status(
            lines: ["ERRSIG 93E4255AC18CA61A 22 8 00 1795432857 9 \(key)", "NO_PUBKEY 93E4255AC18CA61A"],
            exitCode: 2, finding: .unknownKey),
        Status(
            lines: ["ERRSIG 93E4255AC18CA61A 22 8 00 1795432857 125 \(key)"], exitCode: 2,
            finding: .unreadable("it cannot verify it")),
        Status(lines: ["ERRSIG 93E4255AC18CA61A 22 8 00 1795432857 4 \(key)"], exitCode: 2, finding: nil),
        Status(
            lines: ["EXPSIG 93E4255AC18CA61A Ada", valid("1858505059")],
            finding: .unreadable("it says EXPSIG")),
        Status(lines: ["NODATA 1"], exitCode: 2, finding: .unreadable("it finds no signature in it")),
        Status(
            lines: ["GOODSIG 93E4255AC18CA61A A", valid(), "GOODSIG 93E4255AC18CA61A A", valid()],
            finding: .unreadable("it says GOODSIG, GOODSIG")),
        Status(
            lines: ["BADSIG 93E4255AC18CA61A A", "GOODSIG 93E4255AC18CA61A A", valid()],
            finding: .unreadable("it says BADSIG, GOODSIG")),
        Status(
            lines: ["GOODSIG 93E4255AC18CA61A A"], finding: .unreadable("it does not call it valid")),
        Status(
            lines: ["GOODSIG 93E4255AC18CA61A A", valid()], exitCode: 2,
            finding: .unreadable("it does not call it valid")),
        Status(
            lines: ["GOODSIG 93E4255AC18CA61A A", valid("1858505059")],
            finding: .unreadable("it does not call it valid")),
        Status(
            lines: ["GOODSIG 93E4255AC18CA61A A", valid(digest: "2")],
            finding: .unreadable("it does not call it valid")),
        Status(
            lines: ["GOODSIG 93E4255AC18CA61A A", valid(kind: "01")],
            finding: .unreadable("it does not call it valid")),
        Status(lines: ["ERROR add_keyblock_resource 33587281", "NO_PUBKEY 93E4255AC18CA61A"], finding: nil),
        Status(lines: [], exitCode: 137, finding: nil),
        Status(lines: [], exitCode: 127, finding: nil),
    ])
    func `gpgv's words mean what its source says`(_ status: Status) {
        let text = status.lines.map { "[GNUPG:] \($0)\n" }.joined()
        #expect(GpgvFinding(status: text, exitCode: status.exitCode) == status.finding)
        // What is no status line says nothing.
        #expect(
            GpgvFinding(status: "GOODSIG A\nVALIDSIG B\n" + text, exitCode: status.exitCode)
                == status.finding)
    }
}
