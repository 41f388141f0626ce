/// A home folder of stock gpg with keys of its own; its agent is ended, and all removed, with the value.
///
/// Keys and signatures are made at stated times, so that no test depends on this machine's clock.
package final class GnuPGHome: Sendable {
    // gpg's sockets stand in it, whose paths may have no more than 107 bytes.
    private let folder: TemporaryFolder

    package init() throws {
        folder = try TemporaryFolder("g")
        try runSuccessfully(["chmod", "700", folder.path])
        // Once a minute the agent would ask itself whether it is there, and end where a busy machine lets it
        // wait for the answer; and gpg waits no more than seconds for a new one.
        try folder.write("disable-check-own-socket\n", to: "gpg-agent.conf")
        // gpgconf waits for what it launches, though some seconds only.
        for _ in 1..<20 {
            guard try run(["gpgconf", "--launch", "gpg-agent"], environment: environment).exitCode != 0 else {
                return
            }
        }
    }

    deinit {
        _ = try? run(["gpgconf", "--kill", "all"], environment: environment)
        // The agent may be removing its sockets at the same time: rm does not mind.
        _ = try? run(["rm", "-rf", folder.path])
    }

    private var environment: [String: String?] { ["GNUPGHOME": folder.path, "LC_ALL": "C"] }

    private static let options = [
        "--batch", "--quiet", "--no-tty", "--pinentry-mode", "loopback", "--passphrase", "",
    ]

    /// Runs gpg, which must succeed.
    @discardableResult
    package func gpg(
        _ arguments: String..., at time: String = "20260101T000000", input: [UInt8] = []
    ) throws -> String {
        try runSuccessfully(
            ["gpg"] + Self.options + ["--faked-system-time", time] + arguments, environment: environment,
            input: input
        ).text
    }

    /// Makes a key that signs, and returns its fingerprint.
    ///
    /// - Parameter end: a day, `never`, or a span such as `6m`.
    package func makeKey(
        _ name: String, algorithm: String = "ed25519", at time: String = "20260101T000000",
        end: String = "never"
    ) throws -> String {
        try gpg("--quick-gen-key", "\(name) <\(name)@example.com>", algorithm, "sign", end, at: time)
        return try fingerprints(of: name).first ?? ""
    }

    /// The fingerprints of a key and its subkeys.
    package func fingerprints(of key: String) throws -> [String] {
        try gpg("--list-keys", "--with-colons", key).split(separator: "\n")
            .filter { $0.hasPrefix("fpr:") }.map { String($0.split(separator: ":")[1]) }
    }

    /// The public keys in armour.
    package func export(_ keys: String...) throws -> String {
        var text = ""
        for key in keys { text += try gpg("--armor", "--export", key) + "\n" }
        return text
    }

    /// A public key in armour whose first subkey says that it is for logging in, and for nothing else; here it
    /// stays as it is, so that it can sign.
    package func exportForLoggingIn(_ key: String) throws -> String {
        let other = try GnuPGHome()
        try other.gpg("--import", input: Array(gpg("--armor", "--export-secret-keys", key).utf8))
        // There is no quick way: what is typed toggles "sign" and "authenticate".
        try runSuccessfully(
            [
                "gpg", "--quiet", "--no-tty", "--pinentry-mode", "loopback", "--passphrase", "",
                "--faked-system-time", "20260102T000000", "--expert", "--command-fd", "0", "--edit-key", key,
            ],
            environment: other.environment, input: Array("key 1\nchange-usage\nS\nA\nQ\nsave\n".utf8))
        return try other.export(key)
    }

    /// A public key in armour as it is after its revocation; here it stays as it is, so that it can go on
    /// signing as a thief would.
    package func exportRevoked(_ key: String) throws -> String {
        let other = try GnuPGHome()
        try other.gpg("--import", input: Array(export(key).utf8))
        let certificate = try folder.read("openpgp-revocs.d/\(key).rev")
            .replacing(":-----BEGIN", with: "-----BEGIN")
        try other.gpg("--import", input: Array(certificate.utf8))
        return try other.export(key)
    }

    /// A detached signature in armour.
    package func signature(of text: String, by key: String, _ options: [String] = []) throws -> String {
        try runSuccessfully(
            ["gpg"] + Self.options + ["--faked-system-time", "20260101T000000"] + options
                + ["-u", "\(key)!", "--armor", "--detach-sign"],
            environment: environment, input: Array(text.utf8)
        ).text + "\n"
    }

    /// A program for git's `gpg.program`: gpg with this home and these options besides.
    package func program(
        _ name: String, _ options: [String] = [], at time: String = "20260101T000000"
    ) throws -> String {
        let words = (Self.options + ["--faked-system-time", time] + options).map { "'\($0)'" }
        return try folder.write(
            "#!/bin/sh\nGNUPGHOME='\(folder.path)' exec gpg \(words.joined(separator: " ")) \"$@\"\n",
            to: "bin/\(name)", mode: 0o755)
    }
}
