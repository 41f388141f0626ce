/// What `needrestart -b` says: a line each, `NEEDRESTART-<what>: <value>` (README.batch.md of needrestart).
struct NeedrestartOutput: Equatable {
    let version: String
    /// `SVC`: units that run old code.
    let services: [String]

    /// - Returns: nil without the line `NEEDRESTART-VER`: then something else has spoken.
    init?(_ text: String) {
        var version: String?
        var services: [String] = []
        for line in text.split(whereSeparator: \.isNewline) {
            guard let colon = line.firstIndex(of: ":"), line.hasPrefix(Self.prefix) else { continue }
            let key = line[..<colon].dropFirst(Self.prefix.count)
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            switch key {
            case "VER": version = String(value)
            case "SVC": services.append(Self.unit(value))
            default: continue
            }
        }
        guard let version else { return nil }
        self.version = version
        self.services = services
    }

    private static let prefix = "NEEDRESTART-"

    /// A service without a suffix is one of sysvinit, which systemd calls by its name with `.service`.
    private static func unit(_ value: Substring) -> String {
        value.contains(".") ? String(value) : "\(value).service"
    }
}
