package import FleetCore

/// The part of ``PackageSystem`` that finds what a person should know of the machine.
package protocol MachineInspection {
    /// What is found, besides how entries stand. Opens no manager.
    ///
    /// - Parameters:
    ///   - known: what was found before: then only what costs next to nothing is looked at again. nil looks
    ///     at everything.
    ///   - sources: the source lists to work with; nil for the system's.
    func findings(after known: MachineFindings?, sources: [SourceList]?) async -> MachineFindings
}
