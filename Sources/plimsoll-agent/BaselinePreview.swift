internal import ArgumentParser
internal import FleetCore
internal import FleetPackages
internal import FleetProgram
internal import FleetReconciler
internal import FleetRepository

/// The plan of a baseline file on this machine: needs no fleet, no trust, and changes nothing.
struct BaselinePreview {
    let file: String
    let packages: AptPackages

    func run(json: Bool) async throws {
        let declared = try read()
        let status: ExitStatus
        do throws(PackageError) {
            status = try await preview(declared.baseline, sources: declared.sources, json: json)
        } catch {
            throw ProgramError(.failure, error.message)
        }
        if status != .success { throw ExitCode(status.rawValue) }
    }

    private func preview(
        _ baseline: Baseline, sources: [SourceList]?, json: Bool
    ) async throws(PackageError) -> ExitStatus {
        if let mismatch = baseline.mismatch(with: try await packages.facts()) {
            throw PackageError(.unsatisfiable, mismatch.message)
        }
        let assessment = Assessment(
            of: CanonicalForm(baseline), in: InventoryIndex(try await packages.inventory()),
            newer: baseline.newer,
            placed: [:], exceptions: [], sources: sources)
        guard !assessment.request.isEmpty else {
            PreviewRendering(assessment: assessment, plan: nil, obstacle: nil).print(json: json)
            return .success
        }
        let plan = try await packages.plan(assessment.request)
        PreviewRendering(assessment: assessment, plan: plan, obstacle: nil).print(json: json)
        return plan.refusals.isEmpty ? .changesPending : .failure
    }

    private func read() throws(ProgramError) -> (baseline: Baseline, sources: [SourceList]?) {
        let tree = LooseBaselineTree(file: file)
        guard let name = tree.name else {
            throw ProgramError(
                .usage,
                "'\(file)' is not a baseline file: expected NAME.yaml, where NAME is \(BaselineName.expected)"
            )
        }
        do {
            return try FleetReader(tree).declared(name)
        } catch {
            if case .unreadable(let problems) = error {
                throw ProgramError(
                    .invalidData, problems.map { tree.located($0).description }.joined(separator: "\n"))
            }
            throw ProgramError(.invalidData, error.description)
        }
    }
}

/// A baseline file outside a fleet repository: includes lie beside it, source lists in `../sources`.
struct LooseBaselineTree: FileTree {
    private let folder: String
    private let fileName: String

    init(file: String) {
        let slash = file.lastIndex(of: "/")
        folder = slash.map { String(file[..<$0]) } ?? "."
        fileName = String(slash.map { file[file.index(after: $0)...] } ?? file[...])
    }

    var name: BaselineName? {
        fileName.hasSuffix(".yaml") ? BaselineName(fileName.dropLast(5)) : nil
    }

    func file(at path: String, limit: Int) throws(FileTreeError) -> [UInt8]? {
        if path.hasPrefix("baselines/") {
            return try DirectoryTree(root: folder).file(at: place(of: path), limit: limit)
        }
        return try DirectoryTree(root: "\(folder)/..").file(at: path, limit: limit)
    }

    func paths(below folder: String) throws(FileTreeError) -> [String] { [] }

    private func place(of path: String) -> String {
        path.hasPrefix("baselines/") ? String(path.dropFirst("baselines/".count)) : "../\(path)"
    }

    /// A problem with the path as the user knows it.
    func located(_ problem: Problem) -> Problem {
        Problem(
            file: "\(folder)/\(place(of: problem.file))", line: problem.line, column: problem.column,
            message: problem.message)
    }
}
