internal import FleetPackages
internal import FleetProgram
internal import FleetRepository
internal import Glibc

/// The packages of a machine that may not be a node yet: looked at, never changed.
struct LoosePackages: ~Copyable {
    let packages: AptPackages
    /// A folder for apt's own files, if the machine has no state folder for them.
    private let temporary: String?

    /// - Parameters:
    ///   - path: of the configuration; without one the root is `/`.
    ///   - root: another root than the configuration's.
    init(configurationAt path: String, root: String? = nil) throws(ProgramError) {
        if root == nil, access(path, F_OK) == 0 {
            packages = try Node(configurationAt: path).packages()
            temporary = nil
            return
        }
        var template = Array("/tmp/plimsoll-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw ProgramError(.failure, "no folder in /tmp: \(String(cString: strerror(errno)))")
        }
        let folder = String(
            decoding: template.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        packages = AptPackages(AptConfiguration(root: root ?? "/", workspace: folder))
        temporary = folder
    }

    deinit {
        guard let temporary else { return }
        // What is left of it costs a little space in /tmp, and no more.
        try? CloneMaintenance.delete(temporary)
    }
}
