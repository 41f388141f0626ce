internal import CCurl

/// libcurl's options for a server.
enum HTTPOptions {
    /// Servers answer with Git's protocol to programs whose name begins so.
    private static let userAgent = "git/2.0 (plimsoll)"

    /// Sets all that does not depend on what is asked.
    static func set(
        on handle: borrowing CurlHandle, _ address: HTTPAddress, _ material: HTTPMaterial,
        _ limits: NetworkLimits
    ) throws(HTTPFailure) {
        try handle.set(CURLOPT_URL, address.text)
        try handle.set(CURLOPT_PROTOCOLS, by: plimsoll_curl_set_schemes)
        // Timeouts without signals; and where to is decided here, not by a server.
        try handle.set(CURLOPT_NOSIGNAL, 1)
        try handle.set(CURLOPT_FOLLOWLOCATION, 0)
        // One request at a time gains nothing by HTTP/2.
        try handle.set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1)
        try handle.set(CURLOPT_USERAGENT, userAgent)
        try handle.set(CURLOPT_CONNECTTIMEOUT_MS, milliseconds(limits.connect))
        try handle.set(CURLOPT_LOW_SPEED_LIMIT, 1)
        try handle.set(CURLOPT_LOW_SPEED_TIME, max(1, milliseconds(limits.progress) / 1_000))
        try handle.set(CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2)
        try handle.set(CURLOPT_SSL_VERIFYPEER, 1)
        try handle.set(CURLOPT_SSL_VERIFYHOST, 2)
        try trust(handle, material)
        try proxy(handle, material)
        switch material.credential {
        case .password(let user, let password):
            try handle.set(CURLOPT_USERNAME, user)
            try handle.set(CURLOPT_PASSWORD, password)
            try handle.set(CURLOPT_HTTPAUTH, by: plimsoll_curl_use_basic)
        case .token(let token):
            try handle.set(CURLOPT_XOAUTH2_BEARER, token)
            try handle.set(CURLOPT_HTTPAUTH, by: plimsoll_curl_use_bearer)
        case nil:
            if material.isPersonal { try handle.set(CURLOPT_NETRC, Int(CURL_NETRC_OPTIONAL.rawValue)) }
        }
    }

    private static func trust(_ handle: borrowing CurlHandle, _ material: HTTPMaterial) throws(HTTPFailure) {
        if let authorities = material.authorities {
            try handle.set(CURLOPT_CAINFO_BLOB, content: authorities.content)
            // Without this the system's folder would count, too.
            try handle.set(CURLOPT_CAPATH, nil as UnsafeMutableRawPointer?)
        }
        if let certificate = material.certificate {
            try handle.set(CURLOPT_SSLCERT_BLOB, content: certificate.certificate)
            try handle.set(CURLOPT_SSLKEY_BLOB, content: certificate.key)
            // An empty one, so that nobody is asked for it.
            try handle.set(CURLOPT_KEYPASSWD, "")
        }
        if !material.pins.isEmpty {
            try handle.set(CURLOPT_PINNEDPUBLICKEY, material.pins.joined(separator: ";"))
        }
    }

    /// A proxy of the environment stays libcurl's business, with `no_proxy`; one of ours is for all.
    static func proxy(_ handle: borrowing CurlHandle, _ material: HTTPMaterial) throws(HTTPFailure) {
        guard let proxy = material.proxy else { return }
        try handle.set(CURLOPT_PROXY, proxy)
        try handle.set(CURLOPT_NOPROXY, "")
        guard let credential = material.proxyCredential else { return }
        try handle.set(CURLOPT_PROXYUSERNAME, credential.user)
        try handle.set(CURLOPT_PROXYPASSWORD, credential.password)
    }

    private static func milliseconds(_ duration: Duration) -> Int {
        Int(min(max(duration / .milliseconds(1), 1), 1e9).rounded(.up))
    }
}
