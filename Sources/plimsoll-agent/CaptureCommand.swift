internal import ArgumentParser
internal import FleetCore
internal import FleetPackages
internal import FleetProgram
internal import FleetReconciler
internal import FleetRepository

/// `plimsoll-agent capture`: a baseline of what is installed here, to begin with.
struct CaptureCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "capture", abstract: "Prints a baseline of what is installed on this machine.")

    @OptionGroup var common: CommonOptions

    @Option(help: "The root whose packages are captured; default: the configuration's, or '/' without one.")
    var root: String?

    @Option(help: "The name of the baseline.")
    var name = "captured"

    func run() async throws {
        guard let name = BaselineName(name) else {
            throw ProgramError(.usage, "--name '\(name)': expected \(BaselineName.expected)")
        }
        let packages = try LoosePackages(configurationAt: common.path, root: root).packages
        do throws(PackageError) {
            let inventory = try await packages.inventory()
            let facts = try await packages.facts()
            let system =
                facts.id.isEmpty
                ? nil : SystemRequirement(id: facts.id, version: facts.version.isEmpty ? nil : facts.version)
            let baseline = Baseline(name: name, manager: .apt, system: system, entries: inventory.captured())
            Terminal.write(
                BaselineWriter.text(of: baseline, comment: ["What was installed here when it was captured."]))
        } catch {
            throw ProgramError(.failure, error.message)
        }
    }
}
