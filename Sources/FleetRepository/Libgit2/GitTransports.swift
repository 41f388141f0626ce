internal import CLibgit2

/// The transports that take the place of libgit2's own.
///
/// libgit2's local transport loses updates when several write at once, and fetches every reference whatever
/// was asked for. Its ssh is libssh2, which knows neither the user's configuration nor current signature
/// algorithms. Both schemes talk to the programs that stock git talks to. Its `git://` tells nothing until
/// the whole listing is there, however long a thin line takes. Its HTTP knows no client certificates, no
/// limits and few proxies: it is libcurl's here, as it is git's. libgit2 keeps the protocol
/// (git-pack-protocol(5), version 0).
enum GitTransports {
    /// What connections have in common, and what they tell.
    final class Context {
        /// How to start the other side for a URL.
        let makeCommand:
            (_ url: String, _ service: ServerCommand.Service) throws(NetworkError) -> ServerCommand
        /// How to reach the remote by HTTP.
        let makeHTTP: () throws(HTTPFailure) -> HTTPConnection
        /// Called with the number of bytes that have arrived.
        let onBytes: (Int) -> Void
        /// Called with the number of bytes that were handed to the line.
        let onSent: (Int) -> Void
        /// Why the last connection failed, as the one who knew its other side had it.
        var failure: TransportFailure?
        /// Whether a connection could not be made, or broke.
        var isBroken = false
        /// Set when the work is given up: connections are then cut, not brought to their end.
        var isAbandoned = false

        /// Another connection begins.
        func reset() {
            failure = nil
            isBroken = false
            isAbandoned = false
        }

        init(
            makeCommand: @escaping (String, ServerCommand.Service) throws(NetworkError) -> ServerCommand,
            makeHTTP: @escaping () throws(HTTPFailure) -> HTTPConnection,
            onBytes: @escaping (Int) -> Void, onSent: @escaping (Int) -> Void
        ) {
            self.makeCommand = makeCommand
            self.makeHTTP = makeHTTP
            self.onBytes = onBytes
            self.onSent = onSent
        }
    }

    /// Replaces the transports, for the rest of this process's life.
    static func register(_ context: Context) throws(GitError) {
        try GitLibrary.start()
        // libgit2 keeps the pointer as long as the transport is registered, which is for ever.
        let parameter = Unmanaged.passRetained(context).toOpaque()
        // Schemes, against the header's word: libgit2 1.5 appends `://` itself, and says nothing if it is
        // there twice.
        for scheme in ["file", "ssh", "git"] {
            try git("register transport", scheme) {
                git_transport_register(scheme, makeLineTransport, parameter)
            }
        }
        for scheme in ["http", "https"] {
            try git("register transport", scheme) {
                git_transport_register(scheme, makeHTTPTransport, parameter)
            }
        }
    }
}

private func makeLineTransport(
    _ out: UnsafeMutablePointer<UnsafeMutablePointer<git_transport>?>?, _ owner: OpaquePointer?,
    _ parameter: UnsafeMutableRawPointer?
) -> Int32 {
    // Without `rpc`: one connection serves the listing and what follows.
    var definition = git_smart_subtransport_definition(
        callback: { out, _, parameter in
            makeSubtransport(out, parameter) { LineConnection($0) }
        }, rpc: 0, param: parameter)
    return git_transport_smart(out, owner, &definition)
}

private func makeHTTPTransport(
    _ out: UnsafeMutablePointer<UnsafeMutablePointer<git_transport>?>?, _ owner: OpaquePointer?,
    _ parameter: UnsafeMutableRawPointer?
) -> Int32 {
    // With `rpc`: the listing and what follows are requests of their own.
    var definition = git_smart_subtransport_definition(
        callback: { out, _, parameter in
            makeSubtransport(out, parameter) { HTTPExchanges($0) }
        }, rpc: 1, param: parameter)
    return git_transport_smart(out, owner, &definition)
}
