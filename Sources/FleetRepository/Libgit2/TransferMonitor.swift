internal import CLibgit2

/// What libgit2 tells during a transfer, and what may end it.
final class TransferMonitor {
    /// Bytes of a pack that may be received.
    let byteLimit: Int
    /// Called whenever something moved, with the bytes received so far.
    private let onProgress: (Int) -> Void
    /// Bytes of the pack received so far.
    private(set) var receivedBytes = 0
    /// Whether the transfer was ended because more came than may.
    private(set) var limitExceeded = false
    /// What the server said of each reference of a push: nil for accepted, else its reason.
    private(set) var verdicts: [String: String?] = [:]

    /// What the server said in words, its beginning: why a hook has refused a push.
    private var spoken: [UInt8] = []

    init(byteLimit: Int, onProgress: @escaping (Int) -> Void) {
        self.byteLimit = byteLimit
        self.onProgress = onProgress
    }

    /// Callbacks that report to this object, which must outlive the call that they are given to.
    func callbacks() -> git_remote_callbacks {
        var callbacks = git_remote_callbacks()
        git_remote_init_callbacks(&callbacks, UInt32(GIT_REMOTE_CALLBACKS_VERSION))
        callbacks.payload = Unmanaged.passUnretained(self).toOpaque()
        callbacks.transfer_progress = { progress, payload in
            guard let progress, let monitor = monitor(payload) else { return GIT_EUSER.rawValue }
            return monitor.received(progress.pointee.received_bytes)
        }
        callbacks.sideband_progress = { text, length, payload in
            guard let monitor = monitor(payload) else { return GIT_EUSER.rawValue }
            monitor.heard(UnsafeRawBufferPointer(start: text, count: Int(max(length, 0))))
            return monitor.moved()
        }
        callbacks.pack_progress = { _, _, _, payload in monitor(payload)?.moved() ?? GIT_EUSER.rawValue }
        callbacks.push_transfer_progress = { _, _, _, payload in
            monitor(payload)?.moved() ?? GIT_EUSER.rawValue
        }
        callbacks.push_update_reference = { name, status, payload in
            guard let name, let monitor = monitor(payload) else { return GIT_EUSER.rawValue }
            monitor.verdicts[String(cString: name)] = .some(status.map { String(cString: $0) })
            return 0
        }
        return callbacks
    }

    private func received(_ bytes: Int) -> Int32 {
        receivedBytes = bytes
        limitExceeded = bytes > byteLimit
        onProgress(bytes)
        return limitExceeded ? GIT_EUSER.rawValue : 0
    }

    private func heard(_ text: UnsafeRawBufferPointer) {
        spoken += text.prefix(Self.longestSpeech - spoken.count)
    }

    /// A reason with what the server said besides, on one line: of what a hook refuses git itself says no
    /// more than that.
    func told(_ reason: String) -> String {
        let words = String(decoding: spoken, as: UTF8.self).split(whereSeparator: { $0.isNewline })
            .map { $0.split(separator: " ").joined(separator: " ") }
            .filter { !$0.isEmpty && !$0.hasPrefix("error: hook declined") }
        return ([reason] + words).joined(separator: "; ")
    }

    private static let longestSpeech = 1_000

    private func moved() -> Int32 {
        onProgress(receivedBytes)
        return 0
    }
}

private func monitor(_ payload: UnsafeMutableRawPointer?) -> TransferMonitor? {
    payload.map { Unmanaged<TransferMonitor>.fromOpaque($0).takeUnretainedValue() }
}
