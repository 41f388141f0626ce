internal import FleetCore

/// Reads a health check: one of `service`, `command` and `http`, with what belongs to it.
enum CheckDecoder {
    static func check(_ node: DocumentNode, _ problems: FileProblems) -> Check? {
        let keys = kinds + ["status", "timeout", "retries", "settle", "required"]
        guard let reader = MappingReader(node, keys: keys, problems) else { return nil }
        let timeout = reader.optional("timeout", as: TimeSpan.self)
        if let timeout, !(shortest...longest).contains(timeout), let node = reader.node("timeout") {
            problems.add(node, expected: "a duration from \(shortest) to \(longest)")
        }
        let retries = reader.node("retries").flatMap { $0.integer(in: 0...10, problems) }
        let settle = reader.optional("settle", as: TimeSpan.self)
        if let settle, settle > longest, let node = reader.node("settle") {
            problems.add(node, expected: "a duration of at most \(longest)")
        }
        let required = reader.choice("required", of: Switch.self)
        let written = kinds.filter { reader.node($0) != nil }
        guard written.count == 1, let kind = written.first, let value = reader.node(kind) else {
            let found = written.isEmpty ? "none" : written.map { "'\($0)'" }.joined(separator: " and ")
            problems.add(
                reader.place, "found \(found) in a check; expected one of 'service', 'command' and 'http'")
            return nil
        }
        if kind != "http", let status = reader.node("status") {
            problems.add(status.place, "found 'status' in a check of a \(kind); it belongs to 'http'")
        }
        let probe: Check.Probe? =
            switch kind {
            case "service": unit(value, problems).map { .service($0) }
            case "command": command(value, problems).map { .command($0) }
            default: http(value, reader, problems)
            }
        return probe.map {
            Check(
                $0, timeout: timeout ?? Check.defaultTimeout, retries: retries ?? Check.defaultRetries,
                settle: settle ?? Check.defaultSettle, isRequired: required != .off)
        }
    }

    private enum Switch: String, CaseIterable {
        case on = "true"
        case off = "false"
    }

    private static let kinds = ["service", "command", "http"]
    private static let shortest = TimeSpan(seconds: 1)
    /// A check runs in each cycle; it must not take the place of the cycle.
    private static let longest = TimeSpan(seconds: 600)

    /// The name of a unit (systemd.unit(5)): an argument of systemctl, so it never begins with a hyphen.
    private static func unit(_ node: DocumentNode, _ problems: FileProblems) -> String? {
        let expected = "the name of a systemd unit such as nginx or nginx.service"
        guard let text = node.scalar(expected: expected, problems) else { return nil }
        guard (1...255).contains(text.utf8.count), text.utf8.first?.isAlphanumeric == true,
            text.utf8.allSatisfy({ $0.isAlphanumeric || ":-_.\\@".utf8.contains($0) })
        else {
            problems.add(node, expected: expected)
            return nil
        }
        return text
    }

    private static func command(_ node: DocumentNode, _ problems: FileProblems) -> [String]? {
        let expected = "a list of a program with its full path and its arguments"
        guard let items = node.items(expected, problems) else { return nil }
        let arguments = items.compactMap { argument($0, problems) }
        guard arguments.count == items.count else { return nil }
        guard let program = arguments.first else {
            problems.add(node.place, "found an empty list; expected \(expected)")
            return nil
        }
        guard program.hasPrefix("/") else {
            problems.add(items[0], expected: "the full path of a program, such as /usr/bin/openssl")
            return nil
        }
        return arguments
    }

    private static func argument(_ node: DocumentNode, _ problems: FileProblems) -> String? {
        let expected = "an argument of at most 1000 characters"
        guard case .text(let text, isPlain: _) = node.content, text.unicodeScalars.count <= 1_000,
            !text.unicodeScalars.contains(where: { $0.value == 0 })
        else {
            problems.add(node, expected: expected)
            return nil
        }
        return text
    }

    private static func http(
        _ node: DocumentNode, _ reader: MappingReader, _ problems: FileProblems
    ) -> Check.Probe? {
        let expected = "a URL such as http://127.0.0.1/healthz"
        let status = reader.node("status").flatMap { $0.integer(in: 100...599, problems) }
        guard let text = node.scalar(expected: expected, problems) else { return nil }
        guard text.hasPrefix("http://"), (8...1_024).contains(text.utf8.count),
            text.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else {
            problems.add(node, expected: expected)
            return nil
        }
        return .http(url: text, status: status ?? 200)
    }
}
