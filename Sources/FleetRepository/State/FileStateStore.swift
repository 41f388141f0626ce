package import FleetCore
package import FleetReconciler
internal import Glibc

/// A node's state in `state.json`, with a checksum, and the generation before it in `state.json.previous`.
///
/// Written to a temporary name, flushed, renamed, the folder flushed. A state that cannot be read, or none
/// where there is a key or a clone, is an alarm and not a first start: a node that forgot its mark could be
/// shown an older truth.
package struct FileStateStore: StateStore {
    private let folder: String
    private let key: String

    /// Above this a state is no state: 32 layers of a few baselines and a thousand peers stay below 2 MiB.
    private static let largestSize = 16 << 20

    /// - Parameters:
    ///   - folder: the node's state folder.
    ///   - key: the node's private key, whose presence shows that this is no first start.
    package init(folder: String, key: String) {
        self.folder = folder
        self.key = key
    }

    private var path: String { "\(folder)/state.json" }
    private var previousPath: String { "\(folder)/state.json.previous" }

    package func load() throws(StoreError) -> NodeState? {
        let bytes: [UInt8]?
        do throws(FileError) {
            bytes = try DurableFile.read(path, limitBytes: Self.largestSize)
        } catch {
            throw StoreError(.damaged, "\(error); \(remedy)")
        }
        guard let bytes else {
            guard access(key, F_OK) != 0, access("\(folder)/fleet.git", F_OK) != 0 else {
                throw StoreError(
                    .missing, "'\(path)' is missing, though this node was at work before; \(remedy)")
            }
            return nil
        }
        do {
            return try decode(bytes)
        } catch {
            throw StoreError(.damaged, "'\(path)' is damaged: \(error.message); \(remedy)")
        }
    }

    private var remedy: String {
        "nothing was changed. Put '\(previousPath)' or a backup in its place, or, if this machine shall "
            + "begin anew from its introduction, run 'plimsoll-agent enroll --new-state'"
    }

    private func decode(_ bytes: [UInt8]) throws(StoreError) -> NodeState {
        do {
            let document = try JSONValue(parsing: bytes)
            guard let state = document["state"], let checksum = document["checksum"]?.string else {
                throw StoreError(.damaged, "it has no 'state' or no 'checksum'")
            }
            guard Digest(of: state.canonicalBytes).hex == checksum else {
                throw StoreError(.damaged, "its checksum does not fit")
            }
            return try NodeState(json: state)
        } catch let error as JSONError {
            throw StoreError(.damaged, "no JSON at byte \(error.offset): \(error.message)")
        } catch let error as StateError {
            throw StoreError(.damaged, "'\(error.field)': \(error.message)")
        } catch let error as StoreError {
            throw error
        } catch {
            throw StoreError(.damaged, "\(error)")
        }
    }

    package func save(_ state: NodeState) throws(StoreError) {
        let json = state.json
        let document: JSONValue = [
            "checksum": JSONValue(Digest(of: json.canonicalBytes)), "state": json,
        ]
        do throws(FileError) {
            try DurableFile.keepPrevious(of: path, as: previousPath)
            try DurableFile.write(document.documentBytes, to: path, mode: 0o600)
        } catch {
            throw StoreError(.unwritable, error.description)
        }
    }
}
