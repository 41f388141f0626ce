import Glibc

/// The fuzzer of all targets: libFuzzer's own program (https://llvm.org/docs/LibFuzzer.html), with its
/// options, for the target that `PLIMSOLL_FUZZ_TARGET` names.
///
/// Two arguments answer a question instead, for `Scripts/fuzz.py`: `list` has a line for each target with its
/// name and its longest input, `words` those of the chosen target in the form of `-dict`.
@main
enum Fuzzer {
    static func main() {
        switch CommandLine.arguments.dropFirst().first {
        case "list": for target in FuzzTarget.all { print(target.name, target.longest) }
        case "words": for word in chosen.words { print(dictionaryEntry(word)) }
        default:
            var count = CommandLine.argc
            var arguments = CommandLine.unsafeArgv
            exit(runDriver(&count, &arguments, testOneInput))
        }
    }

    fileprivate static let chosen: FuzzTarget = {
        let name = getenv("PLIMSOLL_FUZZ_TARGET").map { String(cString: $0) } ?? ""
        guard let target = FuzzTarget.all.first(where: { $0.name == name }) else {
            fatalError("PLIMSOLL_FUZZ_TARGET is '\(name)'; expected one that the argument 'list' shows")
        }
        return target
    }()

    private static func dictionaryEntry(_ word: String) -> String {
        let bytes = word.utf8.map { "\\x" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }
        return "\"\(bytes.joined())\""
    }
}

/// libFuzzer as a library: a function of C, whose arguments Swift passes alike.
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ count: UnsafeMutablePointer<Int32>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ testOneInput: @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32
) -> Int32

private func testOneInput(_ data: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    do {
        try Fuzzer.chosen.run(Array(UnsafeBufferPointer(start: data, count: count)))
    } catch {
        fatalError("broken property of '\(Fuzzer.chosen.name)': \(error)")
    }
    return 0
}
