internal import FleetCore
package import Logging

/// Logs on standard error: plain lines for a terminal, one JSON object a line otherwise.
package struct StandardErrorLog: LogHandler {
    package var metadata: Logger.Metadata = [:]
    package var logLevel: Logger.Level
    private let isPlain: Bool

    package init(level: Logger.Level, isPlain: Bool = Terminal.isErrorTerminal) {
        logLevel = level
        self.isPlain = isPlain
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        let all = metadata.merging(event.metadata ?? [:]) { _, new in new }
        Terminal.note(
            isPlain
                ? Self.plain(event.level, "\(event.message)", all)
                : Self.json(event.level, "\(event.message)", all))
    }

    private static func plain(_ level: Logger.Level, _ message: String, _ metadata: Logger.Metadata) -> String
    {
        let fields = metadata.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        return ([level == .info || level == .notice ? message : "\(level): \(message)"] + fields)
            .joined(separator: "  ")
    }

    private static func json(_ level: Logger.Level, _ message: String, _ metadata: Logger.Metadata) -> String
    {
        var members: [String: JSONValue] = [
            "time": JSONValue(SystemClock.wall), "level": .string(level.rawValue),
            "message": .string(message),
        ]
        for (key, value) in metadata where members[key] == nil { members[key] = .string("\(value)") }
        return String(decoding: JSONValue.object(members).canonicalBytes, as: UTF8.self)
    }
}
