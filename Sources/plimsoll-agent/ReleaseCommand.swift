internal import ArgumentParser
internal import FleetCore
internal import FleetProgram
internal import FleetRepository

/// `plimsoll-agent release`: ends what `plimsoll-agent hold` began.
struct ReleaseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "release",
        abstract: "Ends the hold of 'plimsoll-agent hold'.",
        discussion: """
            Holds of the fleet repository and of other programs stay: they are told, with what ends them.
            """)

    @OptionGroup var common: CommonOptions

    func run() throws {
        let node = try Node(configurationAt: common.path)
        let folder = node.holds
        let (hold, others) = try ending(with: .failure) { () throws(FileError) in
            // Whatever is wrong with the file, it goes.
            let hold = try? folder.operatorHold()
            try folder.release()
            return (hold, try folder.entries(at: node.clocks()))
        }
        if let hold {
            Terminal.print("\(node.name) is released; it was held: \(hold.reason)")
        } else {
            Terminal.print("\(node.name) was not held by 'plimsoll-agent hold'")
        }
        guard !others.isEmpty else { return }
        let names = others.map { "'\(folder.path)/\($0.name)'" }.joined(separator: ", ")
        Terminal.print(
            "it is still held by \(names), until \(others.count == 1 ? "that file is" : "they are") gone")
    }
}
