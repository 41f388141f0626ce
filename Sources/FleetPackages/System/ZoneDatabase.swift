package import FleetCore
internal import Glibc

/// The time zone database of a root: `/usr/share/zoneinfo`, and `/etc/localtime` (localtime(5)).
package struct ZoneDatabase: Sendable {
    /// The root without a slash at its end; empty for `/`.
    private let prefix: String

    package init(root: String = "/") { prefix = root == "/" ? "" : root }

    /// The rules of a zone.
    ///
    /// - Throws: ``ZoneError`` if the root does not have it, or something else in its place.
    package func rules(of zone: ZoneName) throws(ZoneError) -> ZoneRules {
        let path: String
        switch zone {
        case .utc: return .utc
        case .local: path = "/etc/localtime"
        case .database(let name): path = "\(Self.folder)/\(name)"
        }
        let bytes: [UInt8]
        do throws(FileError) {
            bytes = try readFile(try inRoot(path), limit: Self.largestFile)
        } catch {
            // A machine that is set to no zone is in UTC.
            if zone == .local, error.isAbsence { return .utc }
            let remedy = error.isAbsence ? "; install tzdata there, or mend the name" : ""
            throw ZoneError("this machine does not know the zone '\(zone)': \(error.message)\(remedy)")
        }
        do throws(ZoneError) {
            return try ZoneRules(tzif: bytes)
        } catch {
            throw ZoneError("the zone '\(zone)' cannot be read from '\(prefix)\(path)': \(error)")
        }
    }

    /// The rules of zones as a machine that is no node knows them: `local` is another one on each node.
    package func rulesForOperators(
        of zones: Set<ZoneName>
    ) -> [ZoneName: Result<ZoneRules, ZoneError>] {
        var all: [ZoneName: Result<ZoneRules, ZoneError>] = [:]
        for zone in zones {
            guard zone != .local else {
                all[zone] = .failure(ZoneError("which zone 'local' is, each node alone knows"))
                continue
            }
            do throws(ZoneError) {
                all[zone] = .success(try rules(of: zone))
            } catch {
                all[zone] = .failure(error)
            }
        }
        return all
    }

    /// The names of all zones, from the database's own list; nil where it has none.
    package var names: Set<String>? {
        guard let bytes = try? readFile("\(prefix)\(Self.folder)/tzdata.zi", limit: 4 << 20) else {
            return nil
        }
        var names: Set<String> = []
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            // `Z NAME …` begins a zone, `L TARGET NAME` gives it another name (zic(8)).
            let fields = line.split(separator: UInt8(ascii: " "), maxSplits: 3)
            switch (fields.first?.elementsEqual("Z".utf8), fields.first?.elementsEqual("L".utf8)) {
            case (true, _) where fields.count > 1: names.insert(String(decoding: fields[1], as: UTF8.self))
            case (_, true) where fields.count > 2: names.insert(String(decoding: fields[2], as: UTF8.self))
            default: continue
            }
        }
        return names.isEmpty ? nil : names
    }

    private static let folder = "/usr/share/zoneinfo"
    private static let largestFile = 256 << 10
    private static let mostLinks = 8

    /// The path of a file in the root. `/etc/localtime` is a link with a full path, which would lead out of a
    /// root that is another one than this process has.
    private func inRoot(_ path: String) throws(FileError) -> String {
        var path = path
        for _ in 0..<Self.mostLinks {
            guard let target = Self.linkTarget(prefix + path) else { return prefix + path }
            if target.hasPrefix("/") {
                path = target
            } else {
                let folder = path.prefix(upTo: path.lastIndex(of: "/") ?? path.startIndex)
                path = "\(folder)/\(target)"
            }
        }
        throw FileError(operation: "read", path: prefix + path, code: ELOOP)
    }

    /// Where a symbolic link leads; nil for everything else.
    private static func linkTarget(_ path: String) -> String? {
        var buffer = [UInt8](repeating: 0, count: 4_096)
        let count = readlink(path, &buffer, buffer.count)
        return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
    }
}
