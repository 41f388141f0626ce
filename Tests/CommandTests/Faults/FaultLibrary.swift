import FleetTesting
import Foundation
import Glibc

/// What happens to a cycle at one of its durable steps.
struct Fault: CustomStringConvertible {
    /// Whose steps count.
    enum Program: String {
        case agent = "plimsoll-agent,"
        /// `apt-get`, and the programs that fetch for it.
        case apt = "apt-get,file,copy,store,"
        case dpkg = "dpkg,"
    }

    enum Kind: CaseIterable {
        /// SIGKILL for all that works for the cycle, before the step.
        case kill
        /// The step and all after it fail: ENOSPC.
        case full
        /// The step alone fails: EIO.
        case damaged
        /// The step and all after it fail: EROFS.
        case readOnly
    }

    let program: Program
    let kind: Kind
    /// The number of the step, from 1; 0 lets all succeed, and counts them.
    let step: Int

    /// The variables for `faults.c`.
    var variables: [String: String] {
        let action =
            switch kind {
            case .kill: "kill"
            case .full: "\(ENOSPC)"
            case .damaged: "\(EIO)"
            case .readOnly: "\(EROFS)"
            }
        let lasts = kind == .full || kind == .readOnly ? ["FAULT_LASTS": "1"] : [:]
        return lasts.merging(
            ["FAULT_PROGRAM": program.rawValue, "FAULT_ACTION": action, "FAULT_AT": "\(step)"]
        ) { $1 }
    }

    var description: String { "\(kind) at step \(step) of \(program)" }
}

/// The library that brings faults about from outside of the program: `faults.c`, loaded by ld.so(8).
enum FaultLibrary {
    /// Builds it, and returns its path.
    static func build(in folder: TemporaryFolder) throws -> String {
        let path = folder.path("faults.so")
        let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        try runSuccessfully([
            "clang", "-shared", "-fPIC", "-O1", "-o", path, source.appendingPathComponent("faults.c").path,
        ])
        return path
    }
}
