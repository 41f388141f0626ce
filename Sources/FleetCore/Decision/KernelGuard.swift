/// Kernels that nothing removes: the one that runs, and, until that one has proven itself, the last one that
/// has.
///
/// Without the first a machine cannot load what its drivers still need; without the second a power cut finds
/// no kernel that is known to boot.
package struct KernelGuard: Hashable, Sendable {
    /// Their releases, as `uname -r` has them.
    private let releases: [String]
    private let running: String

    /// - Parameters:
    ///   - running: the release that runs; empty where it is not known.
    ///   - proven: the releases with which what was admitted has been in effect and well, newest last.
    package init(running: String, proven: [String]) {
        self.running = running
        let former = proven.contains(running) ? nil : proven.last
        releases = [running, former].compactMap(\.self).filter { !$0.isEmpty }
    }

    /// Whether a package is such a kernel or its modules, as Debian and Ubuntu name them.
    package func protects(_ name: PackageName) -> Bool {
        guard let part = KernelPart(name), part.kind != .headers else { return false }
        return releases.contains(part.release)
    }

    /// The kernel that runs, if a request would remove it.
    package func runningKernel(removedBy request: ChangeRequest) -> String? {
        let isRemoved = request.removals.keys.contains { id in
            KernelPart(id.name).map { $0.kind == .image && $0.release == running } ?? false
        }
        return isRemoved && !running.isEmpty ? running : nil
    }

    /// Why a plan must not be carried out; nil if it leaves such kernels alone.
    package func refusal(of changes: [PackageChange]) -> Reason? {
        let removed = changes.filter { $0.to == nil && protects($0.id.name) }
        guard let first = removed.first else { return nil }
        return Reason(
            .planRefused, count: removed.count,
            "the plan removes \(first.id), the kernel that runs, or the last one that is known to boot well; "
                + "boot another one first, or take what removes it out of the baseline")
    }

    /// A request that leaves such kernels where they are.
    package func sparing(_ request: ChangeRequest) -> ChangeRequest {
        var request = request
        request.removals = request.removals.filter { !protects($0.key.name) }
        return request
    }
}

extension NodeState {
    /// How many kernels are remembered.
    private static let rememberedKernels = 4

    /// Notes that what is admitted is in effect and well with a kernel.
    package mutating func note(wellKernel release: String) {
        guard !release.isEmpty, wellKernels.last != release else { return }
        wellKernels.removeAll { $0 == release }
        wellKernels = (wellKernels + [release]).suffix(Self.rememberedKernels)
    }
}
