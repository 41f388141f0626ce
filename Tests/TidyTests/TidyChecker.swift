/// The rules of the code that no compiler checks, after tigerbeetle's `tidy.zig`.
struct TidyChecker {
    static let longestLine = 110
    static let longestFunction = 70
    static let longestFile = 400

    /// What is against the rules in a file, each as `path:line: rule`.
    func violations(in source: SourceText) -> [String] {
        var found: [(line: Int, rule: String)] = []
        if let place = source.place {
            found += imports(of: source, target: place.target, path: place.path)
            found += sizes(of: source)
            found += bans(in: source, target: place.target, path: place.path)
        }
        for (index, line) in source.lines.enumerated() {
            for name in Self.workplaceNames where line.contains(name) {
                found.append((index + 1, "names the workplace"))
            }
        }
        return found.map { "\(source.path):\($0.line): \($0.rule)" }
    }

    private func imports(
        of source: SourceText, target: String, path: String
    ) -> [(line: Int, rule: String)] {
        guard let rule = ImportRule.table[target] else { return [(1, "'\(target)' has no rule for imports")] }
        return source.imports.filter { !rule.allows($0.module, in: path) }.map {
            ($0.line, "'\(target)' may not import '\($0.module)' here")
        }
    }

    private func sizes(of source: SourceText) -> [(line: Int, rule: String)] {
        var found: [(line: Int, rule: String)] = []
        for (index, line) in source.lines.enumerated() where line.count > Self.longestLine {
            found.append((index + 1, "a line of \(line.count) columns"))
        }
        found += source.functions(longerThan: Self.longestFunction).map {
            ($0.line, "a function of \($0.length) lines")
        }
        if source.lines.count > Self.longestFile + 1 {
            found.append((source.lines.count, "a file of \(source.lines.count - 1) lines"))
        }
        return found
    }

    private func bans(
        in source: SourceText, target: String, path: String
    ) -> [(line: Int, rule: String)] {
        var found: [(line: Int, rule: String)] = []
        for (index, line) in source.code.enumerated() {
            for ban in Ban.all where ban.applies(to: line, target: target, path: path) {
                found.append((index + 1, "'\(ban.text)' is not allowed here"))
            }
            if line.contains(Self.unchecked), !isExplained(index, in: source) {
                found.append((index + 1, "'\(Self.unchecked)' without a comment that proves it"))
            }
        }
        for (index, line) in source.lines.enumerated() {
            for mark in Self.leftovers where line.containsWord(mark) {
                found.append((index + 1, "'\(mark)' is left over"))
            }
        }
        return found
    }

    /// Whether a comment stands right above the declaration that begins at `index`, or behind it.
    private func isExplained(_ index: Int, in source: SourceText) -> Bool {
        if source.lines[index].contains("//") { return true }
        let above = index > 0 ? source.lines[index - 1].drop { $0 == " " } : ""
        return above.hasPrefix("//")
    }

    // Written in pieces, so that this file is not its own violation.
    private static let unchecked = "@" + "unchecked Sendable"
    private static let leftovers = ["TO" + "DO", "FIX" + "ME", "X" + "XX"]
    private static let workplaceNames = ["/wo" + "rk/", "/fa" + "rm"]
}

/// A piece of code that stands nowhere, or in named files alone.
struct Ban {
    let text: String
    /// Whether letters and digits may not stand beside it.
    var isWord = true
    /// The targets that it is banned from; nil for all.
    var targets: Set<String>?
    /// Files where it may stand, by their path below `Sources/`.
    var except: Set<String> = []

    func applies(to line: String, target: String, path: String) -> Bool {
        guard targets?.contains(target) ?? true, !except.contains("\(target)/\(path)") else { return false }
        return isWord ? line.containsWord(text) : line.contains(text)
    }

    private static let clocks: Set<String> = [
        // The clock of the whole program: one reading serves a cycle.
        "FleetProgram/SystemClock.swift",
        // The deadlines of network work, by the monotonic clock of a process of its own.
        "FleetRepository/Network/NetworkWorker.swift",
        // How long a check may take to settle.
        "FleetPackages/Checks/CheckRunner.swift",
        // How long the package manager worked.
        "FleetPackages/Apt/AptTransaction.swift", "FleetPackages/Apt/ManagerWait.swift",
    ]
    private static let randomness: Set<String> = [
        "plimsoll-agent/RunCommand.swift", "plimsoll-agent/Pace.swift",
        // The check number of a new private key's file.
        "FleetRepository/Signing/SSHPrivateKey+Generate.swift",
    ]
    private static let pure: Set<String> = ["FleetCore"]

    static let all: [Ban] = [
        Ban(text: "try!", isWord: false),
        Ban(text: "as!", isWord: false),
        Ban(text: "nonisolated(unsafe)", isWord: false),
        Ban(text: "Date()"),
        Ban(text: ".random", isWord: false, except: randomness),
        Ban(text: "SystemRandomNumberGenerator", except: randomness),
        Ban(text: "getrandom", except: randomness),
        Ban(text: "clock_gettime", except: clocks),
        Ban(text: "gettimeofday", except: clocks),
        Ban(text: "ContinuousClock", except: clocks),
        Ban(text: "SuspendingClock", except: clocks),
        Ban(text: "time(nil)", except: clocks),
        Ban(text: "async", targets: pure),
        Ban(text: "await", targets: pure),
        Ban(text: "Task", targets: pure),
    ]
}
