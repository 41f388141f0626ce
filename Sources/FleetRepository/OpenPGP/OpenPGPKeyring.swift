internal import FleetCore

/// The OpenPGP keys that may sign: all files of a `trust/openpgp/`.
struct OpenPGPKeyring: Hashable, Sendable {
    /// All certificates, binary, as gpgv reads a keyring.
    let bytes: [UInt8]
    let certificates: [OpenPGPCertificate]
    /// Of ``bytes``: what was found good by these keys may be bad by others, such as a revoked one.
    let digest: Digest

    /// What is wrong with the files, and where.
    struct FileError: Error, Hashable {
        let path: String
        let line: Int
        let message: String

        var description: String { "\(path):\(line): \(message)" }
    }

    /// One file, read.
    struct File {
        let certificates: [OpenPGPCertificate]
        let bytes: [UInt8]
        /// The line of a block whose checksum is wrong.
        let wrongChecksum: Int?
    }

    /// - Parameter files: each `*.asc` with its path, in any order.
    /// - Throws: ``FileError`` at the first file that is wrong: until it is right, no OpenPGP key may sign,
    ///   for what is passed over could be what takes a right away.
    init(_ files: [(path: String, bytes: [UInt8])]) throws(FileError) {
        var bytes: [UInt8] = []
        var certificates: [OpenPGPCertificate] = []
        var places: [[UInt8]: String] = [:]
        guard files.count <= Self.mostFiles else {
            throw FileError(
                path: Layout.openPGP, line: 1, message: "found more than \(Self.mostFiles) files")
        }
        for (path, content) in files.sorted(by: { $0.path < $1.path }) {
            let file = try Self.file(content, at: path)
            for certificate in file.certificates {
                // gpgv would look at the first one alone, and not see what revokes the key in the second.
                if let other = places.updateValue(path, forKey: certificate.primary.fingerprint) {
                    throw FileError(
                        path: path, line: 1,
                        message: "found the key \(certificate.primary.name) again, which is in '\(other)'; "
                            + "keep it once")
                }
            }
            bytes += file.bytes
            certificates += file.certificates
        }
        guard bytes.count <= Self.mostBytes else {
            throw FileError(
                path: Layout.openPGP, line: 1,
                message: "found \(bytes.count) bytes of keys; at most \(Self.mostBytes) are read")
        }
        self.bytes = bytes
        digest = Digest(of: bytes)
        self.certificates = certificates
    }

    /// Reads one file.
    static func file(_ content: [UInt8], at path: String) throws(FileError) -> File {
        do throws(OpenPGPError) {
            let blocks = try OpenPGPArmor.blocks(in: content, .publicKey)
            guard !blocks.isEmpty else {
                throw OpenPGPError("expected a line '-----BEGIN PGP PUBLIC KEY BLOCK-----'")
            }
            var bytes: [UInt8] = []
            var certificates: [OpenPGPCertificate] = []
            for block in blocks {
                do throws(OpenPGPError) {
                    certificates += try OpenPGPCertificate.certificates(
                        in: OpenPGPPacket.packets(in: block.bytes))
                } catch {
                    throw OpenPGPError(error.code, line: block.line, error.message)
                }
                bytes += block.bytes
            }
            return File(
                certificates: certificates, bytes: bytes,
                wrongChecksum: blocks.first(where: \.isChecksumWrong)?.line)
        } catch {
            throw FileError(path: path, line: error.line, message: error.message)
        }
    }

    /// The key that a signature names as its own, with its certificate.
    func key(of signature: OpenPGPSignaturePacket) -> (key: OpenPGPKey, certificate: OpenPGPCertificate)? {
        key { signature.isMade(by: $0) }
    }

    /// The key of a fingerprint as gpgv writes it.
    func key(named name: String) -> (key: OpenPGPKey, certificate: OpenPGPCertificate)? {
        key { OpenPGPKey.name($0) == name }
    }

    private func key(
        where isIt: (_ fingerprint: [UInt8]) -> Bool
    ) -> (key: OpenPGPKey, certificate: OpenPGPCertificate)? {
        for certificate in certificates {
            if let key = certificate.keys.first(where: { isIt($0.fingerprint) }) { return (key, certificate) }
        }
        return nil
    }

    /// More files, or bytes of keys in all of them, are not read.
    static let mostFiles = 256
    static let mostBytes = 4_194_304
}
