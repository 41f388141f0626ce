// What libFuzzer calls (https://llvm.org/docs/LibFuzzer.html). Its `main` and its options are its own.
import Glibc

/// The target that `PLIMSOLL_FUZZ_TARGET` names.
private let chosen: FuzzTarget = {
    let name = getenv("PLIMSOLL_FUZZ_TARGET").map { String(cString: $0) } ?? ""
    guard let target = FuzzTarget.all.first(where: { $0.name == name }) else {
        fatalError("PLIMSOLL_FUZZ_TARGET is '\(name)'; expected one of those that the argument 'list' shows")
    }
    return target
}()

/// Answers two questions of `Scripts/fuzz.py` instead of fuzzing: `list` has a line for each target with its
/// name and its longest input, `words` the chosen target's words in the form of `-dict`.
@_cdecl("LLVMFuzzerInitialize")
func initializeFuzzer(
    _ count: UnsafeMutablePointer<Int32>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>
) -> Int32 {
    guard count.pointee > 1, let first = arguments.pointee?[1] else { return 0 }
    switch String(cString: first) {
    case "list":
        for target in FuzzTarget.all { print(target.name, target.longest) }
    case "words":
        for word in chosen.words {
            print(
                "\"" + word.utf8.map { "\\x" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() + "\"")
        }
    default: return 0
    }
    exit(0)
}

@_cdecl("LLVMFuzzerTestOneInput")
func testOneInput(_ data: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    let bytes = Array(UnsafeBufferPointer(start: data, count: count))
    do {
        try chosen.run(bytes)
    } catch {
        fatalError("broken property of '\(chosen.name)': \(error)")
    }
    return 0
}
