internal import FleetCore

/// Judges what is pushed to a bare repository of a fleet, with the code by which readers judge: whatever it
/// takes, they believe; what they would not, it refuses.
///
/// It rests on the repository's own branch, which only authentic commits may have changed, and on nothing
/// that the one who pushes says of themselves.
package struct PushJudge {
    /// What is pushed to; the objects of the push are read here, too.
    let clone: Clone
    /// The repository that has the branch: the same one, or another on this server.
    let fleetClone: Clone
    let settings: HookSettings
    private let knownZones: () -> Set<String>?
    private var ground: ServerGround?

    /// The name of the branch's reference.
    var branchReference: String { "refs/heads/\(settings.branch)" }

    /// - Parameters:
    ///   - folder: the bare repository.
    ///   - quarantine: where git keeps the objects of the push; nil if they are in the repository.
    ///   - knownZones: the names of a time zone database, asked for where the branch is pushed to; nil where
    ///     there is none to compare with.
    /// - Throws: ``OperatorError`` if a repository cannot be opened, or is not set up.
    package init(
        folder: String, quarantine: String?, knownZones: @escaping @autoclosure () -> Set<String>?
    ) throws(OperatorError) {
        do {
            let repository = try GitRepository(open: folder)
            let settings = try HookSettings(of: repository)
            if let quarantine { try repository.borrow(objects: quarantine) }
            let clone = Clone(repository)
            self.clone = clone
            self.settings = settings
            fleetClone = try settings.fleet.map { Clone(try GitRepository(open: $0)) } ?? clone
        } catch {
            throw OperatorError(error)
        }
        self.knownZones = knownZones
    }

    /// Judges a whole push.
    ///
    /// - Parameter isWhole: whether `updates` is all of it. git's `update` hook hears of one reference alone:
    ///   then a newest report may stand for a chain that is taken next.
    /// - Returns: why it is not taken; empty if it is. One refusal refuses all of it.
    package mutating func judge(_ updates: [ProposedUpdate], isWhole: Bool = true) -> [PushRefusal] {
        var refusals: [PushRefusal] = []
        let tips = Dictionary(updates.map { ($0.reference, $0.new) }) { first, _ in first }
        for update in updates {
            do {
                try judge(update, besides: isWhole ? tips : nil)
            } catch let refusal as PushRefusal {
                refusals.append(refusal)
            } catch let error as GitError where error.isOfContent || error.code == .wrongKind {
                refusals.append(PushRefusal(update.reference, "\(error)"))
            } catch {
                refusals.append(PushRefusal(update.reference, "it cannot be judged: \(error)"))
            }
        }
        return refusals
    }

    private mutating func judge(_ update: ProposedUpdate, besides tips: [String: CommitID?]?) throws {
        let reference = update.reference
        guard let new = update.new else {
            throw PushRefusal(
                reference,
                "nothing is deleted by a push; an operator does it on the server: by 'plimsoll prune' what "
                    + "nodes left behind, else by 'git update-ref -d \(reference)'")
        }
        if reference == branchReference, settings.fleet == nil {
            return try judgeBranch(update, to: new)
        }
        if let node = Self.node(reference, below: "status/") {
            return try judgeChain(of: node, update, to: new)
        }
        if let node = Self.node(reference, below: "latest/") {
            return try judgeLatest(of: node, new, besides: tips)
        }
        if let (group, value) = Self.ledger(reference) {
            return try judgeLedger(of: group, value, update, to: new)
        }
        let branch = settings.fleet == nil ? "'\(settings.branch)', " : ""
        throw PushRefusal(
            reference,
            "this repository takes \(branch)'status/<node>' and 'latest/<node>' of nodes of the fleet, and "
                + "'claims/<group>/<value>'; nothing else")
    }

    private static func node(_ reference: String, below folder: String) -> NodeName? {
        let prefix = "refs/heads/\(folder)"
        return reference.hasPrefix(prefix) ? NodeName(reference.dropFirst(prefix.utf8.count)) : nil
    }

    private static func ledger(_ reference: String) -> (GroupName, LabelValue)? {
        guard reference.hasPrefix(LedgerName.prefix) else { return nil }
        let names = reference.dropFirst(LedgerName.prefix.utf8.count)
            .split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard names.count == 2, let group = GroupName(names[0]), let value = LabelValue(names[1]) else {
            return nil
        }
        return (group, value)
    }
}

extension PushJudge {
    /// The branch takes only authentic fast-forwards of a valid fleet repository.
    private func judgeBranch(_ update: ProposedUpdate, to new: CommitID) throws {
        func refuse(_ message: String, details: [String] = []) -> PushRefusal {
            PushRefusal(update.reference, message, details: details)
        }
        // Whatever is no commit has no history to be walked.
        _ = try clone.repository.commit(new)
        if let old = update.old, try !clone.repository.isAncestor(old, of: new) {
            throw refuse(
                "it would lose commits: \(new.short) does not stand on the branch's tip \(old.short); fetch, "
                    + "and bring your change onto it")
        }
        let history: HistoryAudit
        do throws(OperatorError) {
            history = try clone.audit(from: settings.introduction, to: new)
        } catch {
            throw refuse(error.message)
        }
        if let failure = history.failure {
            throw refuse(
                "\(failure), so no node would take anything after \(history.last.short); "
                    + "sign it with a key that its parent's \(Layout.allowedSigners) lists")
        }
        if let old = update.old, !history.commits.contains(where: { $0.id == old }) {
            // A branch that was not authentic before is healed by a merge whose first parent is its last
            // authentic commit.
            let before = try clone.audit(from: settings.introduction, to: old)
            guard !before.isAuthentic, history.chain.contains(before.last) else {
                throw refuse(
                    "the branch's tip \(old.short) is not on its first-parent chain, so nodes would take it "
                        + "for a rewritten history; merge your change into the branch, not the branch into it"
                )
            }
        }
        let before = update.old.map { CommitTree(clone: clone, commit: $0) }
        let validation = try RepositoryValidation.validate(
            CommitTree(clone: clone, commit: new), since: before,
            history: ValidationHistory(clone: clone, commit: new), knownZones: knownZones())
        guard validation.problems.isEmpty else {
            throw refuse(
                "it is no valid fleet repository; 'plimsoll validate' finds this before a push",
                details: validation.problems.map { "\($0.file):\($0.line):\($0.column): \($0.message)" })
        }
    }

    /// The fleet as the branch lists it now, read once for a push.
    mutating func fleetGround(for reference: String) throws -> ServerGround {
        if let ground { return ground }
        guard let tip = try fleetClone.repository.reference(branchReference) else {
            throw PushRefusal(
                reference,
                "there is no branch '\(settings.branch)' yet that lists the fleet's nodes; push it first")
        }
        let made = try ServerGround(fleetClone, tip: tip)
        ground = made
        return made
    }

    /// A pushed commit, of a size that honest ones have.
    func commit(_ id: CommitID, for reference: String) throws -> GitCommit {
        guard let commit = try clone.repository.commit(id), let name = ObjectID(id.hex) else {
            throw PushRefusal(reference, "the server does not have commit \(id.short)")
        }
        let size = try clone.repository.size(of: name)
        guard size <= Self.largestCommit else {
            throw PushRefusal(
                reference,
                "commit \(id.short) has \(size) bytes without its files; at most \(Self.largestCommit) are "
                    + "taken")
        }
        return commit
    }

    /// The largest commit of a report or claim, in bytes: honest ones have one KiB.
    private static let largestCommit = 16_384

    /// What a commit has beside its message: regular files of these names, none larger than it may be.
    ///
    /// - Returns: the content of each.
    func files(
        of id: CommitID, allowing limits: [String: Int], for reference: String
    ) throws -> [String: ObjectID] {
        var found: [String: ObjectID] = [:]
        for entry in try clone.repository.entries(of: "", in: id) ?? [] {
            guard let limit = limits[entry.name], entry.kind == .file else {
                let names = limits.keys.sorted().map { "'\($0)'" }.joined(separator: ", ")
                throw PushRefusal(
                    reference, "commit \(id.short) has '\(entry.name)'; only \(names) may be in it, as files")
            }
            let size = try clone.repository.size(of: entry.id)
            guard size <= limit else {
                throw PushRefusal(
                    reference,
                    "'\(entry.name)' of commit \(id.short) has \(size) bytes; at most \(limit) are taken")
            }
            found[entry.name] = entry.id
        }
        return found
    }

    /// The commits that a push adds to a chain of which each has one parent at most, oldest first.
    func added(to old: CommitID?, upTo new: CommitID, for reference: String) throws -> [CommitID] {
        var added: [CommitID] = []
        var next: CommitID? = new
        while let id = next, id != old {
            guard added.count < Self.longestAddition else {
                throw PushRefusal(
                    reference, "it adds more than \(Self.longestAddition) commits; push them by and by")
            }
            let commit = try commit(id, for: reference)
            guard commit.parents.count <= 1 else {
                throw PushRefusal(
                    reference, "commit \(id.short) is a merge; here each commit has one parent at most")
            }
            added.append(id)
            next = commit.parents.first
        }
        guard next == old else {
            throw PushRefusal(
                reference,
                "it would lose what is there: \(new.short) does not stand on the tip "
                    + "\(old?.short ?? ""); it takes no force")
        }
        return added.reversed()
    }

    /// A push that adds more is not judged at once: reports of ten years, a heartbeat each day.
    private static let longestAddition = 4_000
}
