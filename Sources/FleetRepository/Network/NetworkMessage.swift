package import FleetCore

/// How a reference here changed in a fetch.
package struct ReferenceUpdate: Hashable, Sendable {
    /// The name here.
    package let name: String
    /// What it named before; nil if it is new.
    package let old: CommitID?
    /// What it names now.
    package let new: CommitID
}

/// What a server said of one reference of a push.
package enum PushVerdict: Hashable, Sendable {
    /// The reference is what was pushed.
    case accepted
    /// It has commits that would be lost; nothing was sent.
    case notFastForward
    /// The server refused, with its reason.
    case rejected(String)
}

/// One line of what the network child tells its parent.
enum NetworkMessage: Equatable {
    /// The server has answered, and its listing is complete.
    case connected
    /// Something moved; bytes received so far.
    case progress(Int)
    /// Bytes so far that were handed to the line; not all need have arrived.
    case sent(Int)
    /// The server lists this reference.
    case listed(GitReference)
    case updated(ReferenceUpdate)
    case verdict(name: String, PushVerdict)
    case failed(NetworkError.Kind, String)
    /// All is done, and nothing comes after it.
    case done

    /// Longest line that is read.
    static let bytesLimit = 1 << 14

    /// The line, without its end. Values are percent-encoded.
    var line: String {
        switch self {
        case .connected: "connected"
        case .progress(let bytes): "progress \(bytes)"
        case .sent(let bytes): "sent \(bytes)"
        case .listed(let reference): "listed \(reference.id) \(PercentEncoding.encode(reference.name))"
        case .updated(let update):
            "updated \(update.old?.hex ?? "-") \(update.new) \(PercentEncoding.encode(update.name))"
        case .verdict(let name, .accepted): "accepted \(PercentEncoding.encode(name))"
        case .verdict(let name, .notFastForward): "not-fast-forward \(PercentEncoding.encode(name))"
        case .verdict(let name, .rejected(let reason)):
            "rejected \(PercentEncoding.encode(name)) \(PercentEncoding.encode(Self.cut(reason)))"
        case .failed(let kind, let message):
            "failed \(kind.rawValue) \(PercentEncoding.encode(Self.cut(message)))"
        case .done: "done"
        }
    }

    /// Encoded, a character may take three times its bytes; the reason must still fit a line beside a name.
    private static func cut(_ text: String) -> String {
        text.utf8.count <= 4096 ? text : String(decoding: text.utf8.suffix(4096), as: UTF8.self)
    }

    /// Parses a line.
    ///
    /// - Returns: nil if it is not one of these.
    init?(_ line: some StringProtocol) {
        let words = line.split(separator: Character(" "), omittingEmptySubsequences: false).map { String($0) }
        let texts = words.map { PercentEncoding.decode($0) }
        switch (words[0], words.count) {
        case ("connected", 1): self = .connected
        case ("done", 1): self = .done
        case ("progress", 2):
            guard let bytes = Int(words[1]), bytes >= 0 else { return nil }
            self = .progress(bytes)
        case ("sent", 2):
            guard let bytes = Int(words[1]), bytes >= 0 else { return nil }
            self = .sent(bytes)
        case ("listed", 3):
            guard let id = CommitID(words[1]), let name = texts[2] else { return nil }
            self = .listed(GitReference(name: name, id: id))
        case ("updated", 4):
            let old = CommitID(words[1])
            guard old != nil || words[1] == "-", let new = CommitID(words[2]), let name = texts[3] else {
                return nil
            }
            self = .updated(ReferenceUpdate(name: name, old: old, new: new))
        case ("accepted", 2), ("not-fast-forward", 2):
            guard let name = texts[1] else { return nil }
            self = .verdict(name: name, words[0] == "accepted" ? .accepted : .notFastForward)
        case ("rejected", 3):
            guard let name = texts[1], let reason = texts[2] else { return nil }
            self = .verdict(name: name, .rejected(reason))
        case ("failed", 3):
            guard let kind = NetworkError.Kind(rawValue: words[1]), let message = texts[2] else { return nil }
            self = .failed(kind, message)
        default: return nil
        }
    }
}
