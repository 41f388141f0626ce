internal import FleetCore
internal import Glibc

/// The network child's side: reads one request from standard input, does it, and tells on standard output.
///
/// libgit2 1.5 knows no deadlines, so nothing here has one either: the parent has them, and kills.
package enum NetworkWorker {
    /// Does the work of the internal command `network-worker`.
    ///
    /// - Returns: the exit code: 0 if the request was understood, whatever became of it; 64 if not.
    package static func run() -> Int32 {
        // A parent that is gone is noticed by a failed write, and by the kernel.
        signal(SIGPIPE, SIG_IGN)
        guard let bytes = try? readAll(0, limitBytes: NetworkRequest.bytesLimit),
            let text = String(validating: bytes, as: UTF8.self), let request = NetworkRequest(text)
        else { return 64 }
        let output = MessageOutput()
        do throws(NetworkError) {
            let remote = try RemoteURL(request.url)
            guard SpawnedProcess.dieWithParent(request.parent) else { return 64 }
            // Secrets are read while this process may.
            let keyring = try Self.keyring(of: request, for: remote)
            let ssh = try confine(request)
            // The kernel forgets it when a process changes its user.
            guard SpawnedProcess.dieWithParent(request.parent) else { return 64 }
            try serve(request, ssh: ssh, keyring, output)
            output.send(.done)
        } catch {
            output.send(.failed(error.kind, error.message))
        }
        output.flush()
        return 0
    }

    /// What the remote's server is shown and must show; nil if it is not reached by HTTP.
    private static func keyring(
        of request: NetworkRequest, for remote: RemoteURL
    ) throws(NetworkError) -> HTTPKeyring? {
        guard case .http(let address) = remote.location else { return nil }
        do throws(FileError) {
            return try HTTPKeyring(
                request.http, for: address, user: remote.givenUser, within: request.limits.connect)
        } catch {
            throw NetworkError(.other, remote: remote.description, error.description)
        }
    }

    /// Becomes the account that the request names, before anything of the server's is read. What only root
    /// may read and ssh needs is read first.
    private static func confine(_ request: NetworkRequest) throws(NetworkError) -> SSHOptions {
        let remote = try RemoteURL(request.url)
        do throws(FileError) {
            guard let account = request.account else {
                return remote.usesSSH ? try SSHSecrets.holdHosts(request.ssh) : request.ssh
            }
            let ssh = remote.usesSSH ? try SSHSecrets.hold(request.ssh) : SSHOptions()
            try account.assume(
                fileBytesLimit: request.operation.byteLimit + NetworkConfinement.bytesBesides)
            guard !remote.usesSSH || SpawnedProcess.shareDescriptors() else {
                throw FileError("share", "descriptors")
            }
            return ssh
        } catch {
            throw NetworkError(.other, remote: remote.description, error.description)
        }
    }

    private static func serve(
        _ request: NetworkRequest, ssh: SSHOptions, _ keyring: HTTPKeyring?, _ output: MessageOutput
    ) throws(NetworkError) {
        let remote = try RemoteURL(request.url)
        var ssh = ssh
        // After the parent's own deadline, which may be longer than a minute where lines are bad.
        ssh.connectSeconds = Int((request.limits.connect / .seconds(1)).rounded(.up)) + 1
        let context = GitTransports.Context(
            makeCommand: { [ssh] (url, service) throws(NetworkError) in
                try ServerCommand(service, at: try RemoteURL(url), ssh: ssh)
            },
            makeHTTP: { () throws(HTTPFailure) in
                guard let keyring else { throw HTTPFailure(.other, "the remote is not reached by HTTP") }
                let client = try HTTPClient(
                    request.limits, onBytes: { _ in output.tellProgress(nil) },
                    onSent: { output.tellSent($0) })
                return HTTPConnection(keyring.remote, keyring: keyring, client: client)
            }, onBytes: { _ in output.tellProgress(nil) }, onSent: { output.tellSent($0) })
        var work = NetworkWork(remote: remote, context: context, output: output)
        do throws(GitError) {
            if !request.isDurable || request.account != nil { try GitLibrary.stopFlushing() }
            try GitTransports.register(context)
            switch request.operation {
            case .list: try work.list()
            case .fetch(let refspecs, let byteLimit) where request.account == nil:
                try work.fetch(refspecs, into: request.folder, byteLimit: byteLimit)
            case .fetch(let refspecs, let byteLimit):
                try work.receive(refspecs, for: request.folder, in: request.place, byteLimit: byteLimit)
            case .push(let refspecs) where request.account == nil:
                try work.push(refspecs, from: GitRepository(open: request.folder))
            case .push(let refspecs):
                try work.push(refspecs, from: GitRepository.outgoing(in: request.place, with: request.folder))
            }
        } catch {
            throw HostKeyTrouble(named: request.ssh, given: ssh).explain(work.networkError(error), remote)
        }
    }

    private static func readAll(_ descriptor: Int32, limitBytes: Int) throws(FileError) -> [UInt8] {
        var content: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 14)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0, content.count + count <= limitBytes else { throw FileError("read", "request") }
            if count == 0 { return content }
            content.append(contentsOf: buffer[..<count])
        }
    }
}

/// Messages to the parent, in order; few writes.
final class MessageOutput {
    private var waiting: [UInt8] = []
    private var lastProgress: Duration = .zero
    private var receivedBytes = 0
    private var sentBytes = 0
    private var toldSentBytes = 0

    /// Queues a message; it is sent at the latest by `flush`.
    func send(_ message: NetworkMessage) {
        waiting += message.line.utf8
        waiting.append(UInt8(ascii: "\n"))
        if waiting.count >= 1 << 14 { flush() }
    }

    /// Tells that something moved, but not more often than the parent could care for.
    func tellProgress(_ bytes: Int?) {
        receivedBytes = bytes ?? receivedBytes
        let now = monotonicTime()
        guard now - lastProgress >= .milliseconds(100) else { return }
        lastProgress = now
        send(.progress(receivedBytes))
        flush()
    }

    /// Tells that so many bytes more were handed to the line: where much may be on its way, at once.
    func tellSent(_ bytes: Int) {
        sentBytes += bytes
        let now = monotonicTime()
        guard sentBytes - toldSentBytes >= 1 << 13 || now - lastProgress >= .milliseconds(100) else { return }
        lastProgress = now
        toldSentBytes = sentBytes
        send(.sent(sentBytes))
        flush()
    }

    /// Sends what is queued. Nobody to send to means nobody to work for.
    func flush() {
        var rest = waiting[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(1, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { _exit(1) }
            rest = rest.dropFirst(count)
        }
        waiting = []
    }
}

/// Time since the machine started, for deadlines; it does not jump.
func monotonicTime() -> Duration {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
}
