internal import FleetCore
internal import FleetReconciler

/// Gives the answers of a baseline to debconf before the packages that ask are configured
/// (debconf-set-selections(1)).
///
/// With another root, debconf works in it as `DPKG_ROOT` says, and needs an `etc/debconf.conf` there.
struct DebconfPreseed {
    private let configuration: AptConfiguration

    init(_ configuration: AptConfiguration) { self.configuration = configuration }

    private var path: String { configuration.workspacePath("debconf-answers") }

    /// Removes answers that a crash has left behind.
    func forget() throws(PackageError) {
        try mappingFileErrors { () throws(FileError) in try removeFile(path) }
    }

    /// Answers what the packages of a plan may ask.
    ///
    /// - Throws: ``PackageError`` if debconf does not take the answers: then nothing has changed, and the
    ///   packages must not be configured without them.
    func answer(for plan: Plan) async throws(PackageError) {
        let incoming = Set(plan.changes.filter { $0.to != nil }.map(\.id.name))
        let answers = plan.request.debconf.filter { incoming.contains($0.owner) }
        guard !answers.isEmpty else { return }
        let lines = answers.map { "\($0.owner) \($0.question) \($0.kind.rawValue) \($0.value)\n" }
        // An answer may be a secret: it is readable by root alone, and does not stay.
        try mappingFileErrors { () throws(FileError) in
            try removeFile(path)
            try writeFile(path, lines.joined(), mode: 0o600)
        }
        var environment = AptCommand(configuration).environment
        if configuration.isAlternateRoot { environment["DPKG_ROOT"] = configuration.root }
        let result: ChildOutput
        do throws(PackageError) {
            result = try await runChild(["debconf-set-selections", path], environment: environment)
        } catch {
            try forget()
            throw PackageError(
                .unreadable,
                "the baseline has answers for debconf, and 'debconf-set-selections' cannot be run")
        }
        try forget()
        guard result.succeeded else {
            // Its own words may quote the line that it could not read, with the answer.
            let questions = quoted(answers.map(\.question))
            throw PackageError(
                .unreadable,
                "debconf does not take the baseline's answers to \(questions): 'debconf-set-selections' "
                    + "ended with \(result.status); run it by hand with such lines, and see that debconf has "
                    + "an /etc/debconf.conf",
                packages: Set(answers.map(\.owner.description)).sorted())
        }
    }
}
