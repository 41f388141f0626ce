import Foundation

/// An authority that issues certificates for servers and clients, made by `openssl`.
package final class TestAuthority: Sendable {
    /// The file with the authority's own certificate.
    package var certificates: String { path("authority.pem") }
    private let folder: TemporaryFolder

    /// Makes an authority of its own, which nobody else trusts.
    package init(_ name: String = "Fleet Test Authority") throws {
        folder = try TemporaryFolder("authority")
        try runSuccessfully(
            Self.request(folder, "authority", subject: name)
                + ["-addext", "basicConstraints=critical,CA:TRUE"])
    }

    /// The text of that file.
    package var certificate: String { get throws { try folder.read("authority.pem") } }

    /// The path of something that was issued: `server.pem`, `server.key`.
    package func path(_ file: String) -> String { folder.path(file) }

    /// Issues a certificate with a key of its own, `<name>.pem` and `<name>.key` (0600).
    ///
    /// - Parameter names: whom it is for, as `subjectAltName` has it.
    package func issue(_ name: String, names: String) throws {
        try runSuccessfully(
            Self.request(folder, name, subject: name)
                + [
                    "-CA", certificates, "-CAkey", path("authority.key"), "-addext",
                    "subjectAltName=\(names)", "-addext", "basicConstraints=critical,CA:FALSE",
                ])
    }

    /// The hash of a certificate's public key, as curl's pins have it.
    package func pin(of name: String) throws -> String {
        let script =
            "openssl x509 -in \(path("\(name).pem")) -noout -pubkey | openssl pkey -pubin -outform der"
            + " | openssl dgst -sha256 -binary | base64"
        return "sha256//\(try runSuccessfully(["sh", "-c", script]).text)"
    }

    private static func request(_ folder: TemporaryFolder, _ name: String, subject: String) -> [String] {
        [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-days", "30", "-subj", "/CN=\(subject)", "-keyout", folder.path("\(name).key"), "-out",
            folder.path("\(name).pem"),
        ]
    }
}
