internal import CCurl

/// One request and its answer, as libcurl's callbacks see it.
///
/// Neither side grows without bound: libcurl is paused while what came waits to be read, and what is to be
/// sent goes on when it has been taken.
final class HTTPTransfer {
    /// What is waited for.
    struct Expectation {
        /// The type that the answer must have.
        let type: String
        /// Bytes of an answer that are taken.
        let bytesLimit: Int
    }

    /// Bytes of an answer that wait to be read.
    private static let waitingBytesLimit = 1 << 18
    /// Bytes of headers that are taken, redirects included.
    private static let headBytesLimit = 1 << 16
    /// Bytes of another answer than the one waited for that are taken, so that its connection can be used
    /// again; and how many of them are kept for a message.
    private static let otherBytesLimit = 1 << 20
    private static let wordsBytesLimit = 1 << 12

    let expectation: Expectation
    /// Called with the number of bytes that have arrived.
    private let onBytes: (Int) -> Void
    /// Called with the number of bytes that were handed to the line.
    private let onSent: (Int) -> Void
    /// Status and type of the answer, asked when its body begins.
    private let head: () -> (status: Int, type: String)

    /// What is still to be sent.
    var upload: [UInt8] = []
    private(set) var uploadOffset = 0
    /// Whether nothing is added to it any more.
    var isUploadComplete = false
    /// Whether libcurl waits for more to send.
    private(set) var isUploadPaused = false

    private var waiting: [UInt8] = []
    private var waitingOffset = 0
    /// Whether libcurl waits until something has been read.
    private(set) var isDownloadPaused = false
    private(set) var receivedBytes = 0
    private var headBytes = 0
    /// Whether the answer is the one waited for; nil while no byte of it has come.
    private(set) var isExpected: Bool?
    /// The beginning of an answer that is another.
    private(set) var words: [UInt8] = []
    /// Set when more came than is taken.
    private(set) var excess: String?

    init(
        _ expectation: Expectation, onBytes: @escaping (Int) -> Void, onSent: @escaping (Int) -> Void,
        head: @escaping () -> (status: Int, type: String)
    ) {
        self.expectation = expectation
        self.onBytes = onBytes
        self.onSent = onSent
        self.head = head
    }

    var hasWaiting: Bool { waitingOffset < waiting.count }
    /// Whether the server has begun to answer.
    var hasAnswered: Bool { headBytes > 0 }
    /// Bytes that libcurl has not yet taken.
    var unsentBytes: Int { upload.count - uploadOffset }

    /// Libcurl goes on now.
    func resume() {
        isUploadPaused = false
        isDownloadPaused = false
    }

    /// Hands over what has come.
    func take(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        let count = min(buffer.count, waiting.count - waitingOffset)
        guard count > 0 else { return 0 }
        waiting.withUnsafeBytes {
            buffer.copyMemory(
                from: UnsafeRawBufferPointer(rebasing: $0[waitingOffset..<waitingOffset + count]))
        }
        waitingOffset += count
        if waitingOffset == waiting.count {
            waiting.removeAll(keepingCapacity: true)
            waitingOffset = 0
        }
        return count
    }

    /// Gives up what was sent, so that the rest has room; it can then not be sent anew.
    func dropSent() {
        upload.removeFirst(uploadOffset)
        uploadOffset = 0
    }

    // MARK: What libcurl calls

    /// A line of the head came; another count than its own ends the transfer.
    func receiveHead(_ count: Int) -> Int {
        headBytes += count
        onBytes(count)
        guard headBytes <= Self.headBytesLimit else {
            excess = "more than \(Self.headBytesLimit) bytes of headers"
            return 0
        }
        return count
    }

    /// A part of the body came; another count than its own ends the transfer.
    func receive(_ bytes: UnsafeRawBufferPointer) -> Int {
        onBytes(bytes.count)
        if isExpected == nil { isExpected = accepts(head()) }
        guard isExpected == true else {
            words += bytes.prefix(Self.wordsBytesLimit - words.count)
            receivedBytes += bytes.count
            return receivedBytes <= Self.otherBytesLimit ? bytes.count : 0
        }
        if waiting.count - waitingOffset + bytes.count > Self.waitingBytesLimit, hasWaiting {
            isDownloadPaused = true
            return Int(CURL_WRITEFUNC_PAUSE)
        }
        receivedBytes += bytes.count
        guard receivedBytes <= expectation.bytesLimit else {
            excess = "an answer of more than \(expectation.bytesLimit) bytes"
            return 0
        }
        waiting.append(contentsOf: bytes)
        return bytes.count
    }

    /// The answer has ended.
    func end() { if isExpected == nil { isExpected = accepts(head()) } }

    /// Gives libcurl what is to be sent next.
    func send(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        let count = min(buffer.count, unsentBytes)
        guard count > 0 else {
            if isUploadComplete { return 0 }
            isUploadPaused = true
            return Int(CURL_READFUNC_PAUSE)
        }
        upload.withUnsafeBytes {
            buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[uploadOffset..<uploadOffset + count]))
        }
        uploadOffset += count
        onSent(count)
        return count
    }

    /// Goes back to the beginning, for a connection that broke before the server had seen anything.
    func rewind(to offset: Int, wasDropped: Bool) -> Bool {
        guard !wasDropped, (0...upload.count).contains(offset) else { return false }
        uploadOffset = offset
        return true
    }

    private func accepts(_ head: (status: Int, type: String)) -> Bool {
        head.status == 200 && head.type == expectation.type
    }
}
