internal import CCurl

/// Requests to servers through libcurl, one after the other; connections are kept between them.
final class HTTPClient {
    /// A request; the answer must have the status 200.
    struct Request {
        let address: HTTPAddress
        /// The type of what is sent; nil asks without sending anything.
        let type: String?
        let expectation: HTTPTransfer.Expectation
    }

    /// Up to here a request is sent in one piece, its length known, as git sends it (`http.postBuffer`).
    static let pieceBytes = 1 << 20

    private let library: CurlLibrary
    private let handle: CurlHandle
    private let multi: UnsafeMutableRawPointer
    private let limits: NetworkLimits
    private let onBytes: (Int) -> Void
    private let onSent: (Int) -> Void
    private let detail = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))

    private var request: Request?
    private var material = HTTPMaterial()
    private var transfer: HTTPTransfer?
    private var isRunning = false
    private var result: CURLcode?
    private var headers: UnsafeMutablePointer<curl_slist>?
    private var wasDropped = false

    /// - Parameters:
    ///   - onBytes: called with the number of bytes that have arrived.
    ///   - onSent: called with the number of bytes that were handed to the line.
    init(
        _ limits: NetworkLimits, onBytes: @escaping (Int) -> Void, onSent: @escaping (Int) -> Void
    ) throws(HTTPFailure) {
        library = try CurlLibrary()
        handle = try CurlHandle(library)
        guard let multi = library.functions.multi_init() else {
            throw HTTPFailure(.other, "libcurl has no memory")
        }
        self.multi = multi
        self.limits = limits
        self.onBytes = onBytes
        self.onSent = onSent
        detail.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    }

    deinit {
        stop()
        // It must not write to the text that ends here.
        handle.reset()
        _ = library.functions.multi_cleanup(multi)
        detail.deallocate()
    }

    /// Begins a request; one that still ran is given up.
    func begin(_ request: Request, with material: HTTPMaterial) {
        stop()
        self.request = request
        self.material = material
        wasDropped = false
        let transfer = HTTPTransfer(request.expectation, onBytes: onBytes, onSent: onSent) { [unowned self] in
            (status, contentType)
        }
        transfer.isUploadComplete = request.type == nil
        self.transfer = transfer
    }

    /// Adds to what is sent. A request that grows beyond one piece goes out while it is made.
    func send(_ bytes: UnsafeRawBufferPointer) throws(HTTPFailure) {
        guard let transfer else { throw HTTPFailure(.other, "nothing was asked") }
        transfer.upload.append(contentsOf: bytes)
        guard transfer.upload.count > Self.pieceBytes || isRunning else { return }
        if !isRunning { try start(bytes: nil) }
        try drive { transfer.unsentBytes == 0 }
        guard result == nil else { throw failure() }
        transfer.dropSent()
        wasDropped = true
    }

    /// Reads of the answer what has come, at least one byte; 0 is its end.
    func receive(into buffer: UnsafeMutableRawBufferPointer) throws(HTTPFailure) -> Int {
        guard let transfer, buffer.count > 0 else { return 0 }
        if !isRunning, result == nil {
            transfer.isUploadComplete = true
            try start(bytes: transfer.upload.count)
        }
        transfer.isUploadComplete = true
        if !transfer.hasWaiting, result == nil { try drive { transfer.hasWaiting } }
        let count = transfer.take(into: buffer)
        if count == 0, result != CURLE_OK || transfer.isExpected != true { throw failure() }
        return count
    }

    /// The answer has been read as far as anybody wants. What is left of it is not waited for long: a
    /// connection that is not at its end is not used again.
    func finish() {
        guard isRunning, let transfer else { return stop() }
        let end = monotonicTime() + .seconds(5)
        var buffer = [UInt8](repeating: 0, count: 1 << 12)
        var taken = 0
        while result == nil, monotonicTime() < end, taken < 1 << 16 {
            guard (try? drive(waiting: 100) { transfer.hasWaiting || monotonicTime() >= end }) != nil else {
                break
            }
            taken += buffer.withUnsafeMutableBytes { transfer.take(into: $0) }
        }
        stop()
    }

    /// The status of the answer; 0: there is none.
    var status: Int { handle.number(CURLINFO_RESPONSE_CODE) }

    /// Where the server sends us on instead of answering; nil if it does not.
    var redirection: String? {
        guard [301, 302, 303, 307, 308].contains(status) else { return nil }
        return handle.text(CURLINFO_REDIRECT_URL)
    }

    /// Waits for the head of the answer, and for all of it if it is another than the one waited for.
    ///
    /// - Returns: whether it is the one waited for.
    func hasExpectedAnswer() throws(HTTPFailure) -> Bool {
        guard let transfer else { return false }
        if !isRunning, result == nil { try start(bytes: transfer.upload.count) }
        try drive { transfer.hasWaiting }
        return transfer.isExpected == true
    }

    /// Ends what runs; a connection in the middle of an answer is closed.
    private func stop() {
        if isRunning { _ = library.functions.multi_remove_handle(multi, handle.pointer) }
        isRunning = false
        result = nil
        transfer = nil
        if let headers { library.functions.slist_free_all(headers) }
        headers = nil
    }
}

// MARK: Running a request

extension HTTPClient {
    /// - Parameter bytes: how much will be sent; nil if that is not known yet.
    private func start(bytes: Int?) throws(HTTPFailure) {
        guard let request, let transfer else { return }
        handle.reset()
        detail.pointee = 0
        try handle.set(CURLOPT_ERRORBUFFER, UnsafeMutableRawPointer(detail))
        try HTTPOptions.set(on: handle, request.address, material, limits)
        var lines = ["Expect:"]
        if let type = request.type {
            try handle.set(CURLOPT_POST, 1)
            try handle.setSize(CURLOPT_POSTFIELDSIZE_LARGE, bytes ?? -1)
            lines += ["Content-Type: \(type)", "Accept: \(request.expectation.type)"]
            if bytes == nil { lines.append("Transfer-Encoding: chunked") }
        } else {
            // The list of a large fleet is long and much alike.
            try handle.set(CURLOPT_ACCEPT_ENCODING, "gzip")
            lines += ["Accept: */*", "Pragma: no-cache"]
        }
        for line in lines { headers = library.functions.slist_append(headers, line) }
        try handle.set(CURLOPT_HTTPHEADER, UnsafeMutableRawPointer(headers))
        let object = Unmanaged.passUnretained(transfer).toOpaque()
        try handle.set(CURLOPT_WRITEDATA, object)
        try handle.set(CURLOPT_HEADERDATA, object)
        try handle.set(CURLOPT_READDATA, object)
        // The seek must know whether what was sent is still here, which this object does.
        try handle.set(CURLOPT_SEEKDATA, Unmanaged.passUnretained(self).toOpaque())
        try handle.set(CURLOPT_WRITEFUNCTION) { bytes, size, count, object in
            HTTPClient.transfer(object)?.receive(UnsafeRawBufferPointer(start: bytes, count: size * count))
                ?? 0
        }
        try handle.set(CURLOPT_HEADERFUNCTION) { _, size, count, object in
            HTTPClient.transfer(object)?.receiveHead(size * count) ?? 0
        }
        try handle.set(CURLOPT_READFUNCTION) { bytes, size, count, object in
            HTTPClient.transfer(object)?.send(
                into: UnsafeMutableRawBufferPointer(start: bytes, count: size * count))
                ?? Int(CURL_READFUNC_ABORT)
        }
        try handle.set(CURLOPT_SEEKFUNCTION) {
            plimsoll_curl_set_seek_callback($0, $1) { object, offset, _ in
                guard let object else { return CURL_SEEKFUNC_FAIL }
                let client = Unmanaged<HTTPClient>.fromOpaque(object).takeUnretainedValue()
                let isDone =
                    client.transfer?.rewind(to: Int(offset), wasDropped: client.wasDropped) ?? false
                return isDone ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_FAIL
            }
        }
        guard library.functions.multi_add_handle(multi, handle.pointer) == CURLM_OK else {
            throw HTTPFailure(.other, "libcurl does not take the request")
        }
        isRunning = true
    }

    private static func transfer(_ object: UnsafeMutableRawPointer?) -> HTTPTransfer? {
        object.map { Unmanaged<HTTPTransfer>.fromOpaque($0).takeUnretainedValue() }
    }

    /// Lets libcurl work until it is done or `isEnough`.
    ///
    /// - Parameter waiting: milliseconds after which `isEnough` is asked again, whatever happened.
    private func drive(waiting: Int32 = 1_000, until isEnough: () -> Bool) throws(HTTPFailure) {
        guard result == nil, let transfer else { return }
        if transfer.isUploadPaused && transfer.unsentBytes > 0
            || transfer.isUploadPaused && transfer.isUploadComplete
            || transfer.isDownloadPaused && !transfer.hasWaiting
        {
            transfer.resume()
            _ = library.functions.easy_pause(handle.pointer, CURLPAUSE_CONT)
        }
        while true {
            var running: Int32 = 0
            guard library.functions.multi_perform(multi, &running) == CURLM_OK else {
                throw HTTPFailure(.other, "libcurl cannot go on")
            }
            takeResult()
            if result != nil || isEnough() { return }
            _ = library.functions.multi_poll(multi, nil, 0, waiting, nil)
        }
    }

    private func takeResult() {
        var left: Int32 = 0
        while let message = library.functions.multi_info_read(multi, &left) {
            guard message.pointee.msg == CURLMSG_DONE else { continue }
            result = message.pointee.data.result
            transfer?.end()
            _ = library.functions.multi_remove_handle(multi, handle.pointer)
            isRunning = false
        }
    }
}

// MARK: What became of it

extension HTTPClient {
    /// The type of the answer, without its parameters, in lower case.
    private var contentType: String {
        let text = handle.text(CURLINFO_CONTENT_TYPE) ?? ""
        return String(decoding: text.utf8.prefix { $0 != UInt8(ascii: ";") && $0 != 0x20 }, as: UTF8.self)
            .lowercased()
    }

    /// Why there is no answer, or not the one waited for.
    func failure() -> HTTPFailure {
        guard let request, let transfer else { return HTTPFailure(.other, "nothing was asked") }
        let origin = request.address.origin
        if let excess = transfer.excess {
            return HTTPFailure(.tooLarge, "\(origin) sends \(excess), more than is taken")
        }
        let connectStatus = handle.number(CURLINFO_HTTP_CONNECTCODE)
        let isOtherAnswer = transfer.isExpected == false && status > 0
        if isOtherAnswer, result == CURLE_OK || !transfer.words.isEmpty {
            let type = contentType
            return hidden(
                HTTPFailure(
                    status: status, type: type, origin: origin,
                    hasCredential: material.credential != nil, retryAfter: handle.size(CURLINFO_RETRY_AFTER),
                    gist: HTTPGist.of(transfer.words, type: type)))
        }
        let code = result ?? CURLE_OK
        if connectStatus >= 300, code != CURLE_OK {
            return connectStatus == 407
                ? HTTPFailure(
                    status: 407, type: "", origin: origin, hasCredential: false, retryAfter: 0, gist: "")
                : HTTPFailure(
                    .unreachable, "the proxy does not connect us to \(origin): it answered \(connectStatus)")
        }
        let own = String(cString: detail)
        let words = own.isEmpty ? library.words(code) : own
        let failure = hidden(
            HTTPFailure(
                code: code, detail: words, origin: origin, hasAnswered: transfer.hasAnswered,
                authorities: authorities))
        guard code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_PINNEDPUBKEYNOTMATCH else {
            return failure
        }
        return withIdentity(failure, code, request.address)
    }

    /// Whose certificates count, for messages.
    private var authorities: String {
        material.authorities?.file ?? handle.text(CURLINFO_CAINFO) ?? handle.text(CURLINFO_CAPATH)
            ?? "the system's store"
    }

    /// Says what was expected of the server, and what it shows to somebody who asks for nothing.
    private func withIdentity(
        _ failure: HTTPFailure, _ code: CURLcode, _ address: HTTPAddress
    ) -> HTTPFailure {
        let seen = ServerIdentity.look(at: address, material, library)
        let expected =
            code == CURLE_SSL_PINNEDPUBKEYNOTMATCH
            ? "; expected: \(material.pins.joined(separator: " or "))" : ""
        return HTTPFailure(failure.kind, "\(failure.message)\(expected); seen: \(seen)")
    }

    private func hidden(_ failure: HTTPFailure) -> HTTPFailure {
        var message = failure.message
        for secret in material.secrets { message = message.replacing(secret, with: "...") }
        return HTTPFailure(failure.kind, message)
    }
}
