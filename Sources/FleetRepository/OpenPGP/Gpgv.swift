internal import Glibc

/// GnuPG's verifier, with a keyring that is given to it: it reads no configuration, no home folder and no
/// trust database.
struct Gpgv: Sendable {
    /// A path, or a name that is looked up in `PATH`, as git and ssh are.
    var program = "gpgv"
    /// How long it may take for one signature; a good one takes milliseconds.
    var deadline: Duration = .seconds(30)

    /// Why nothing could be found out here, which says nothing of the signature.
    struct Failure: Error, Hashable {
        /// What was the matter, and what to do.
        let message: String
    }

    /// Verifies one signature.
    ///
    /// - Parameter payload: what was signed.
    func examine(
        _ signature: OpenPGPSignature, over payload: [UInt8], by keyring: OpenPGPKeyring
    ) throws(Failure) -> GpgvFinding {
        let (status, exitCode): (String, Int32)
        do throws(FileError) {
            (status, exitCode) = try run(
                signature: FileDescriptor(holding: signature.bytes),
                payload: FileDescriptor(holding: payload), keyring: FileDescriptor(holding: keyring.bytes))
        } catch {
            guard error.isNotFound else { throw Failure(message: error.description) }
            throw Failure(
                message: "it has an OpenPGP signature, and there is no '\(program)' here to verify it; "
                    + "install the package 'gpgv' (Debian, Ubuntu) or 'gnupg2' (Fedora)")
        }
        guard let finding = GpgvFinding(status: status, exitCode: exitCode) else {
            throw Failure(
                message: "'\(program)' failed on its OpenPGP signature (exit code \(exitCode)); "
                    + "verify the commit by a newer GnuPG, or on another machine")
        }
        return finding
    }

    private func run(
        signature: consuming FileDescriptor, payload: consuming FileDescriptor,
        keyring: consuming FileDescriptor
    ) throws(FileError) -> (status: String, exitCode: Int32) {
        var output = try Pipe()
        let null = try FileDescriptor("open", "/dev/null", flags: O_WRONLY)
        // Above the numbers that gpgv gets, so that none is overwritten while it is started.
        let errors = FileDescriptor(fcntl(null.number, F_DUPFD_CLOEXEC, 10))
        let process = try SpawnedProcess.start(
            program: program, ["gpgv"] + Self.arguments, environment: Self.environment,
            descriptors: [
                payload.number, output.writing, errors.number, keyring.number, signature.number,
            ], ownGroup: true)
        output.closeWriting()
        var status: [UInt8] = []
        do throws(FileError) {
            status = try read(output.reading)
        } catch {
            kill(process, SIGKILL)
            _ = SpawnedProcess.reap(process)
            throw error
        }
        let exitCode = SpawnedProcess.reap(process)
        return (String(decoding: status, as: UTF8.self), exitCode)
    }

    /// Reads to the end.
    private func read(_ descriptor: Int32) throws(FileError) -> [UInt8] {
        let end = monotonicTime() + deadline
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 12)
        while true {
            let left = end - monotonicTime()
            guard left > .zero else { throw FileError("wait for", program, "no answer within \(deadline)") }
            var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&waiting, 1, Int32((left / .milliseconds(1)).rounded(.up))) > 0 else { continue }
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw FileError("read from", program) }
            if count == 0 { return bytes }
            bytes += chunk[..<count]
            guard bytes.count <= Self.statusLimit else {
                throw FileError("read from", program, "it says more than is read")
            }
        }
    }

    /// Both files are read through the descriptors that gpgv has: nothing is written to a disk.
    ///
    /// By `--ignore-time-conflict` a machine whose clock is behind the key's birth does not call it invalid:
    /// who is right about the time is not to decide who may sign.
    private static let arguments = [
        "--homedir", "/dev/null", "--ignore-time-conflict", "--status-fd", "1",
        "--keyring", "/proc/self/fd/3", "/proc/self/fd/4", "-",
    ]
    private static let environment = ["LC_ALL=C", "PATH=/usr/bin:/bin", "HOME=/dev/null"]
    private static let statusLimit = 1 << 16
}
