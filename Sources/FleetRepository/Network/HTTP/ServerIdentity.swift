internal import CCurl

/// What a server shows of itself in TLS, for a message about one that is not believed.
enum ServerIdentity {
    /// Lines of libcurl's that tell it, and how they begin.
    private static let marks = [
        "subject: ", "issuer: ", "start date: ", "expire date: ", "public key hash: ",
    ]
    private static let seconds = 10

    /// Connects once more, believes whoever is there, sends nothing, and says what was seen.
    static func look(
        at address: HTTPAddress, _ material: HTTPMaterial, _ library: CurlLibrary
    ) -> String {
        let notes = Notes()
        do throws(HTTPFailure) {
            let handle = try CurlHandle(library)
            try handle.set(CURLOPT_URL, address.text)
            try handle.set(CURLOPT_PROTOCOLS, by: plimsoll_curl_set_schemes)
            try handle.set(CURLOPT_NOSIGNAL, 1)
            try handle.set(CURLOPT_CONNECT_ONLY, 1)
            try handle.set(CURLOPT_TIMEOUT, seconds)
            try handle.set(CURLOPT_SSL_VERIFYPEER, 0)
            try handle.set(CURLOPT_SSL_VERIFYHOST, 0)
            // With a pin libcurl tells the hash of the key that it saw; nobody's key has this one.
            try handle.set(CURLOPT_PINNEDPUBLICKEY, "sha256//\(String(repeating: "A", count: 43))=")
            try HTTPOptions.proxy(handle, material)
            try handle.set(CURLOPT_VERBOSE, 1)
            try handle.set(CURLOPT_DEBUGDATA, Unmanaged.passUnretained(notes).toOpaque())
            try handle.set(CURLOPT_DEBUGFUNCTION) {
                plimsoll_curl_set_debug_callback($0, $1) { _, kind, text, count, object in
                    // Headers, which hold our secrets, are of other kinds.
                    guard kind == CURLINFO_TEXT, let text, let object else { return 0 }
                    Unmanaged<Notes>.fromOpaque(object).takeUnretainedValue()
                        .add(UnsafeRawBufferPointer(start: text, count: count))
                    return 0
                }
            }
            _ = library.functions.easy_perform(handle.pointer)
        } catch {
            return "nothing (\(error.message))"
        }
        return withExtendedLifetime(notes) { notes.text }
    }

    /// What libcurl told.
    final class Notes {
        private var found: [String] = []

        init() {}

        var text: String {
            found.isEmpty
                ? "nothing, for the server did not show itself again" : found.joined(separator: ", ")
        }

        func add(_ bytes: UnsafeRawBufferPointer) {
            guard found.count < marks.count else { return }
            let words = HTTPGist.of(Array(bytes.prefix(1_000)), type: "text/plain")
            for mark in marks where words.hasPrefix(mark) && !found.contains(where: { $0.hasPrefix(mark) }) {
                found.append(words)
            }
        }
    }
}
