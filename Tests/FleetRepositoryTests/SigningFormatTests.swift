import Foundation
import Testing

@testable import FleetRepository

@Suite("formats of signing")
struct SigningFormatTests {
    @Test("base64 is that of Foundation, and its only spelling is read back")
    func base64() {
        var generator = SigningSeededGenerator(seed: 1)
        for count in 0..<200 {
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
            let text = Base64.encode(bytes)
            #expect(String(decoding: text, as: UTF8.self) == Data(bytes).base64EncodedString())
            #expect(Base64.decode(text[...]) == bytes)
        }
    }

    @Test(
        "base64 in another spelling is refused",
        arguments: [
            "A", "AA", "AAA", "AAAAA", "AA=", "A===", "====", "=AAA", "AA=A", "AAA=AAAA", "AA==AA==", "AB==",
            "AAB=", "AA A",
            "AAAA\n", "AA\u{0}A", "AA-_", "ÄAAA", "AAAA=", "AAAA====",
        ])
    func strictBase64(text: String) {
        #expect(Base64.decode(Array(text.utf8)[...]) == nil)
    }

    @Test(
        "armour has lines of 70 characters, none of them empty", arguments: [0, 1, 51, 52, 53, 104, 105, 106])
    func armour(count: Int) throws {
        let bytes = [UInt8](repeating: 0x5A, count: count)
        let text = TextArmor.signature.encode(bytes)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.first == "-----BEGIN SSH SIGNATURE-----")
        #expect(lines.suffix(2) == ["-----END SSH SIGNATURE-----", ""])
        #expect(lines.dropFirst().dropLast(2).allSatisfy { (1...70).contains($0.count) })
        #expect(try TextArmor.signature.decode(Array(text.utf8), for: .readSignature) == bytes)
    }

    @Test(
        "wire numbers are those of RFC 4251 §5",
        arguments: [
            ([] as [UInt8], [0, 0, 0, 0] as [UInt8]),
            (
                [0x09, 0xa3, 0x78, 0xf9, 0xb2, 0xe3, 0x32, 0xa7],
                [0, 0, 0, 8, 0x09, 0xa3, 0x78, 0xf9, 0xb2, 0xe3, 0x32, 0xa7]
            ),
            ([0x80], [0, 0, 0, 2, 0, 0x80]), ([0, 0, 0x7F], [0, 0, 0, 1, 0x7F]),
        ])
    func numbers(magnitude: [UInt8], wire: [UInt8]) throws {
        var writer = SSHWireWriter()
        writer.positiveInteger(magnitude)
        #expect(writer.bytes == wire)
        guard !magnitude.isEmpty else { return }
        var reader = SSHWireReader(wire[...], for: .readSignature)
        #expect(try Array(reader.positiveInteger("number")) == Array(magnitude.drop { $0 == 0 }))
        #expect(reader.isAtEnd)
    }

    @Test(
        "a length beyond the bytes is refused, up to the longest",
        arguments: [5, 0x7FFF_FFFF, 0x8000_0000, .max])
    func lengths(length: UInt32) throws {
        var writer = SSHWireWriter()
        writer.uint32(length)
        writer.raw([1, 2, 3, 4])
        var reader = SSHWireReader(writer.bytes[...], for: .readSignature)
        let error = #expect(throws: SigningError.self) { try reader.string("namespace") }
        #expect(error == SigningError(.readSignature, .malformed, "ends within its namespace"))
    }

    @Test(
        "changed bytes never crash a parser and never make another signature good",
        arguments: [
            SigningKeyKind.ed25519, .ecdsa256, .rsa2048,
        ])
    func mutations(kind: SigningKeyKind) throws {
        let made = try kind.key()
        let message = Array("a message".utf8)
        let signature = try made.privateKey().sign(message, namespace: "git")
        let text = Array(signature.armored.utf8)
        let blob = try TextArmor.signature.decode(text, for: .readSignature)
        let privateBlob = try TextArmor.privateKey.decode(made.file, for: .readPrivateKey)
        let publicKey = try made.publicKey()
        let allowed = Array(
            "# who\n\"a b\",!c namespaces=\"git\",valid-after=\"20200101Z\" \(made.publicText) x\n".utf8)
        var generator = SigningSeededGenerator(seed: 42)
        for _ in 0..<2_000 {
            if let read = try? SSHSignature(blob: blob.mutated(by: &generator)) {
                #expect(!read.verify(message, namespace: "git") || read == signature)
            }
            if let read = try? SSHSignature(armored: text.mutated(by: &generator)) {
                #expect(!read.verify(message, namespace: "git") || read == signature)
            }
            _ = try? SSHPublicKey(blob: publicKey.blob.mutated(by: &generator)[...])
            let mutatedText = String(
                decoding: Array(made.publicText.utf8).mutated(by: &generator), as: UTF8.self)
            _ = try? SSHPublicKey(text: mutatedText)
            _ = try? SSHPrivateKey(file: made.file.mutated(by: &generator))
            let inner = TextArmor.privateKey.encode(privateBlob.mutated(by: &generator))
            if let read = try? SSHPrivateKey(file: Array(inner.utf8)) {
                // Whatever was changed, the two halves belong together.
                #expect(try read.sign(message, namespace: "git").verify(message, namespace: "git"))
            }
            if let read = try? AllowedSigners(parsing: allowed.mutated(by: &generator)) {
                #expect(read.signers.count <= 3)
            }
        }
    }
}
