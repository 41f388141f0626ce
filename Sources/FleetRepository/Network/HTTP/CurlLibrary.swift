internal import CCurl

/// libcurl, loaded when the first HTTP request needs it.
struct CurlLibrary {
    /// The library's functions.
    var functions = plimsoll_curl()

    /// Loads it.
    ///
    /// - Throws: `HTTPFailure` if the machine has none.
    init() throws(HTTPFailure) {
        if let reason = plimsoll_curl_load(&functions) {
            throw HTTPFailure(
                .other,
                "http and https need libcurl 7.77 or newer (Debian's package libcurl4): "
                    + String(cString: reason))
        }
    }
}

extension CurlLibrary {
    /// An error in libcurl's words.
    func words(_ code: CURLcode) -> String {
        functions.easy_strerror(code).map { String(cString: $0) } ?? "error \(code.rawValue)"
    }
}

/// A transfer of libcurl: its options, and what is known of it after.
struct CurlHandle: ~Copyable {
    let pointer: UnsafeMutableRawPointer
    private let library: CurlLibrary

    init(_ library: CurlLibrary) throws(HTTPFailure) {
        guard let pointer = library.functions.easy_init() else {
            throw HTTPFailure(.other, "libcurl has no memory")
        }
        self.library = library
        self.pointer = pointer
    }

    deinit { library.functions.easy_cleanup(pointer) }

    /// Forgets all options; connections stay.
    func reset() { library.functions.easy_reset(pointer) }

    func set(_ option: CURLoption, _ value: Int) throws(HTTPFailure) {
        try check(
            withUnsafePointer(to: library.functions) {
                plimsoll_curl_set_number($0, pointer, option, value)
            }, option)
    }

    func setSize(_ option: CURLoption, _ value: Int) throws(HTTPFailure) {
        try check(
            withUnsafePointer(to: library.functions) {
                plimsoll_curl_set_size($0, pointer, option, curl_off_t(value))
            }, option)
    }

    func set(_ option: CURLoption, _ text: String) throws(HTTPFailure) {
        try check(
            withUnsafePointer(to: library.functions) {
                plimsoll_curl_set_text($0, pointer, option, text)
            }, option)
    }

    func set(_ option: CURLoption, _ data: UnsafeMutableRawPointer?) throws(HTTPFailure) {
        try check(
            withUnsafePointer(to: library.functions) {
                plimsoll_curl_set_pointer($0, pointer, option, data)
            }, option)
    }

    func set(_ option: CURLoption, content: [UInt8]) throws(HTTPFailure) {
        try check(
            withUnsafePointer(to: library.functions) {
                plimsoll_curl_set_blob($0, pointer, option, content, content.count)
            }, option)
    }

    func set(_ option: CURLoption, _ callback: @escaping plimsoll_curl_bytes) throws(HTTPFailure) {
        try check(
            withUnsafePointer(to: library.functions) {
                plimsoll_curl_set_bytes_callback($0, pointer, option, callback)
            }, option)
    }

    /// An option with a function of its own in the shim.
    func set(
        _ option: CURLoption,
        by function: (UnsafePointer<plimsoll_curl>, UnsafeMutableRawPointer) -> CURLcode
    ) throws(HTTPFailure) {
        try check(withUnsafePointer(to: library.functions) { function($0, pointer) }, option)
    }

    func number(_ info: CURLINFO) -> Int {
        var value = 0
        _ = withUnsafePointer(to: library.functions) {
            plimsoll_curl_get_number($0, pointer, info, &value)
        }
        return value
    }

    func size(_ info: CURLINFO) -> Int {
        var value: curl_off_t = 0
        _ = withUnsafePointer(to: library.functions) { plimsoll_curl_get_size($0, pointer, info, &value) }
        return Int(value)
    }

    func text(_ info: CURLINFO) -> String? {
        var value: UnsafePointer<CChar>?
        _ = withUnsafePointer(to: library.functions) { plimsoll_curl_get_text($0, pointer, info, &value) }
        return value.map { String(cString: $0) }
    }

    private func check(_ code: CURLcode, _ option: CURLoption) throws(HTTPFailure) {
        guard code != CURLE_OK else { return }
        throw HTTPFailure(
            .other,
            "this machine's libcurl does not take its option \(option.rawValue) ("
                + library.words(code) + "); it must be 7.77 or newer")
    }
}
