package import FleetCore
import Foundation

/// The time zones of this machine's database, for tests of calendars.
package enum ZoneFiles {
    package static let folder = "/usr/share/zoneinfo"

    /// The rules of a zone by its name.
    package static func rules(_ name: String) throws -> ZoneRules {
        try ZoneRules(tzif: Array(try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)"))))
    }

    /// All names of the database that are no other name of a zone.
    package static func names() throws -> [String] {
        let list = try String(contentsOfFile: "\(folder)/tzdata.zi", encoding: .utf8)
        return list.split(separator: "\n").filter { $0.hasPrefix("Z ") }
            .map { String($0.split(separator: " ")[1]) }.sorted()
    }
}
