internal import FleetCore
internal import Glibc

/// Looks for what a person should know of a root's packages.
struct FindingScan {
    private let configuration: AptConfiguration
    private let sources: [SourceList]?

    init(_ configuration: AptConfiguration, sources: [SourceList]?) {
        self.configuration = configuration
        self.sources = sources
    }

    /// What is found, after what was found before.
    ///
    /// - Parameter known: of it only is asked whether each file is still there, and whether those with keys
    ///   are the same; nil reads dpkg's database and looks for every file.
    func findings(after known: MachineFindings?) -> MachineFindings {
        var findings = MachineFindings()
        if let known {
            findings.found = known.found.filter { finding in
                guard finding.code == Finding.Code.conffileKept.rawValue, let path = finding.path else {
                    return true
                }
                return isThere(path)
            }
        } else {
            findings.found = (try? keptConffiles()) ?? []
            findings.found += rebuilt()
        }
        findings.found.removeAll { $0.code == Finding.Code.otherUpdater.rawValue }
        findings.found += UpdaterUnits(configuration).unmasked().map { unit in
            Finding(
                .otherUpdater, path: unit,
                "'\(unit)' may change packages by itself; 'updaters: stop' in the baseline masks it")
        }
        let keyrings = SourceKeyrings(configuration, sources: sources)
        findings.keysMark = keyrings.mark(of: known?.keys ?? [])
        if let known, known.keysMark == findings.keysMark {
            findings.keys = known.keys
        } else {
            findings.keys = keyrings.keys()
            findings.keysMark = keyrings.mark(of: findings.keys)
        }
        return findings
    }

    /// The largest database that is read, in bytes.
    private static let sizeLimit = 128 << 20

    private func isThere(_ path: String) -> Bool {
        var status = stat()
        return lstat(configuration.path(String(path.drop { $0 == "/" })), &status) == 0
    }

    /// What dpkg and ucf have put beside a configuration file that they kept.
    private func keptConffiles() throws(FileError) -> [Finding] {
        let status = try readFile(configuration.databaseFolder + "/status", limit: Self.sizeLimit)
        var findings: [Finding] = []
        ConffileList.forEach(in: status) { package, path in
            add(path, besides: ".dpkg-dist", of: package, to: &findings)
        }
        // Of the form `package<tab>path` (ucf(1)); absent where nothing uses it.
        let registry = (try? readFile(configuration.path("var/lib/ucf/registry"), limit: 4 << 20)) ?? []
        for line in String(decoding: registry, as: UTF8.self).lines() {
            let words = line.split(whereSeparator: { $0 == "\t" || $0 == " " })
            guard words.count == 2 else { continue }
            add(String(words[1]), besides: ".ucf-dist", of: String(words[0]), to: &findings)
        }
        return findings
    }

    private func add(
        _ path: String, besides ending: String, of package: String, to findings: inout [Finding]
    ) {
        guard isThere(path + ending) else { return }
        findings.append(
            Finding(
                .conffileKept, package: package, path: path + ending,
                "'\(path)' was kept as it was changed here; what '\(package)' ships is '\(path)\(ending)': "
                    + "take over what is needed, then remove that"))
    }

    /// The packages that are not as they were published: one finding for all, as they may be many.
    private func rebuilt() -> [Finding] {
        var installed: [String] = []
        if let status = try? readFile(configuration.databaseFolder + "/status", limit: Self.sizeLimit) {
            ControlData(status).forEachParagraph(
                ["Package", "Architecture", "Status", PackageFile.rebuiltField]
            ) { values in
                guard values[3] == "yes", values[2]?.hasSuffix(" installed") == true, let name = values[0]
                else { return }
                installed.append("\(name):\(values[1] ?? "")")
            }
        }
        let kept = PackageStore(configuration).packages().filter(\.isRebuilt).map(\.id.description)
        return [
            Self.finding(
                .rebuiltInstalled, of: installed, "installed from a file that was rebuilt on this node"),
            Self.finding(
                .rebuiltKept, of: kept, "kept for going back as rebuilt on this node: no source offered it"),
        ].compactMap(\.self)
    }

    /// How many packages a finding names.
    private static let mostNames = 12

    private static func finding(_ code: Finding.Code, of names: [String], _ words: String) -> Finding? {
        let names = Set(names).sorted()
        guard let first = names.first else { return nil }
        let more = names.count > mostNames ? " and \(names.count - mostNames) more" : ""
        let list = names.prefix(mostNames).joined(separator: ", ") + more
        return Finding(code, package: names.count == 1 ? first : nil, "\(words): \(list)")
    }
}

/// The configuration files that dpkg's database lists: the field `Conffiles`, of which each further line has
/// a path, the digest of what was shipped, and perhaps `obsolete` (dpkg's `lib/dpkg/dump.c`).
enum ConffileList {
    /// Calls `body` with the package and the path of each.
    static func forEach(in status: [UInt8], _ body: (_ package: String, _ path: String) -> Void) {
        var package = ""
        var isInList = false
        for line in status.split(separator: 0x0A, omittingEmptySubsequences: false) {
            if line.first == UInt8(ascii: " ") {
                guard isInList, let path = path(of: line) else { continue }
                body(package, path)
                continue
            }
            isInList = line.starts(with: Array("Conffiles:".utf8))
            if line.starts(with: Array("Package: ".utf8)) {
                package = String(decoding: line.dropFirst(9), as: UTF8.self)
            }
        }
    }

    /// A path may hold spaces: it ends before the digest.
    private static func path(of line: ArraySlice<UInt8>) -> String? {
        var words = String(decoding: line.dropFirst(), as: UTF8.self).split(
            separator: " ", omittingEmptySubsequences: false)
        while let last = words.last, ["obsolete", "remove-on-upgrade"].contains(last) { words.removeLast() }
        guard words.count > 1, words[0].hasPrefix("/") else { return nil }
        return words.dropLast().joined(separator: " ")
    }
}
