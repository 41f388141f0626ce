internal import CCurl

/// Why an exchange by HTTP failed, without any secret.
struct HTTPFailure: Error, Equatable {
    let kind: NetworkError.Kind
    let message: String

    init(_ kind: NetworkError.Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }
}

extension HTTPFailure {
    /// What an answer means that is not the one that was asked for.
    ///
    /// - Parameters:
    ///   - hasCredential: whether we have shown who we are.
    ///   - retryAfter: seconds after which the server wants to be asked again; 0: it did not say.
    ///   - gist: what the body says, if it can be told in a line.
    init(status: Int, type: String, origin: String, hasCredential: Bool, retryAfter: Int, gist: String) {
        let says = gist.isEmpty ? "" : ": \(gist)"
        switch status {
        case 200..<300:
            let hint =
                switch type {
                case "text/html": "perhaps a captive portal or a login page"
                case "text/plain": "perhaps a server of files, which is not enough"
                default: "perhaps no Git server"
                }
            self.init(
                type == "text/html" ? .unreachable : .protocolViolation,
                "\(origin) answered with \(type.isEmpty ? "no type" : type), not with Git's protocol: "
                    + "\(hint)\(says)")
        case 401:
            self.init(
                .authentication,
                hasCredential
                    ? "\(origin) refuses this user and password, or this token (401)\(says)"
                    : "\(origin) asks who we are (401): 'http' in agent.yaml can name a user and a password, "
                        + "or a token\(says)")
        case 403: self.init(.authentication, "\(origin) does not allow this (403)\(says)")
        case 404, 410:
            self.init(
                .repositoryNotFound,
                "\(origin) has no such repository, or does not show it to us (\(status))\(says)")
        case 407:
            self.init(.authentication, "the proxy refuses our user and password, or has none (407)\(says)")
        case 413:
            self.init(.tooLarge, "\(origin), or a proxy before it, takes no request that large (413)\(says)")
        case 429, 500...:
            let wait = retryAfter > 0 ? ", and wants to be asked again after \(retryAfter) seconds" : ""
            self.init(.busy, "\(origin) cannot serve now (\(status))\(wait)\(says)")
        case 300..<400:
            self.init(
                .protocolViolation,
                "\(origin) sends us elsewhere (\(status)) where that is not followed: name the new URL as "
                    + "the remote")
        default: self.init(.protocolViolation, "\(origin) answered with \(status)\(says)")
        }
    }

    /// What an error of libcurl means.
    ///
    /// - Parameters:
    ///   - detail: libcurl's own words.
    ///   - hasAnswered: whether the server had begun its answer.
    init(code: CURLcode, detail: String, origin: String, hasAnswered: Bool, authorities: String) {
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST:
            self.init(.unreachable, "the name in \(origin) cannot be resolved: \(detail)")
        case CURLE_COULDNT_RESOLVE_PROXY:
            self.init(.unreachable, "the name of the proxy cannot be resolved: \(detail)")
        case CURLE_COULDNT_CONNECT: self.init(.unreachable, "no connection to \(origin): \(detail)")
        case CURLE_OPERATION_TIMEDOUT:
            self.init(
                hasAnswered ? .progressTimeout : .connectTimeout,
                "\(origin) was silent for too long: \(detail)")
        case CURLE_PEER_FAILED_VERIFICATION:
            self.init(
                .authentication,
                "the certificate of \(origin) is not believed: \(detail); expected: one for this name by an "
                    + "authority of \(authorities)")
        case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
            self.init(.authentication, "\(origin) has another key than the one that is pinned")
        case CURLE_SSL_CERTPROBLEM:
            self.init(
                .authentication,
                "the client certificate or its key cannot be used (PEM, without passphrase): \(detail)")
        case CURLE_SSL_CACERT_BADFILE:
            self.init(.other, "the authorities in \(authorities) cannot be used: \(detail)")
        case CURLE_SSL_CONNECT_ERROR:
            self.init(.unreachable, "TLS with \(origin) failed: \(detail)")
        case CURLE_GOT_NOTHING: self.init(.unreachable, "\(origin) closed the connection without an answer")
        case CURLE_PARTIAL_FILE, CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_SEND_FAIL_REWIND:
            self.init(.unreachable, "the connection to \(origin) broke: \(detail)")
        case CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY, CURLE_BAD_CONTENT_ENCODING:
            self.init(.protocolViolation, "\(origin) does not speak HTTP: \(detail)")
        default: self.init(.unreachable, "the exchange with \(origin) failed: \(detail) (\(code.rawValue))")
        }
    }
}
