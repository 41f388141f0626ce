internal import Glibc

/// What is written to people and programs: standard output, standard error, and whether somebody watches.
package enum Terminal {
    /// Writes a text to standard output, as it is.
    package static func write(_ text: String) { write(text, to: STDOUT_FILENO) }

    /// Writes a line to standard output.
    package static func print(_ line: String) { write(line + "\n", to: STDOUT_FILENO) }

    /// Writes a line to standard error: progress, hints, errors.
    package static func note(_ line: String) { write(line + "\n", to: STDERR_FILENO) }

    /// Writes how far long work has come, over what was written so before.
    ///
    /// - Parameter isLast: whether the next line goes below it.
    package static func progress(_ line: String, isLast: Bool) {
        write("\r\u{1B}[K\(line)\(isLast ? "\n" : "")", to: STDERR_FILENO)
    }

    /// Whether colour may be used on standard output: it is a terminal, and `NO_COLOR` is not set
    /// (no-color.org).
    package static var hasColour: Bool { isatty(STDOUT_FILENO) == 1 && isColourWanted }

    /// Whether standard error is a terminal.
    package static var isErrorTerminal: Bool { isatty(STDERR_FILENO) == 1 }

    /// Whether standard output is a terminal.
    package static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

    /// How many lines the terminal on standard output has.
    package static var rows: Int {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_row > 0 else { return 24 }
        return Int(size.ws_row)
    }

    /// How many columns the terminal on standard output has; what is no terminal is as wide as a report
    /// needs.
    package static var columns: Int {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 132 }
        return Int(size.ws_col)
    }

    private static var isColourWanted: Bool {
        guard let value = getenv("NO_COLOR") else { return true }
        return value.pointee == 0
    }

    /// Writes all of a text; what cannot be written because the reader is gone is dropped, as the reader
    /// wished.
    private static func write(_ text: String, to descriptor: Int32) {
        let bytes = Array(text.utf8)
        var offset = 0
        while offset < bytes.count {
            let count = bytes[offset...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return }
            offset += count
        }
    }
}

/// A colour of the terminal (ECMA-48, SGR), used only where ``Terminal/hasColour`` says so.
package enum Colour: String, Sendable {
    case red = "31"
    case green = "32"
    case yellow = "33"
    case cyan = "36"
    case dim = "2"
    case bold = "1"

    /// `text` in this colour, if colour may be used.
    package func applied(to text: String, if hasColour: Bool) -> String {
        hasColour ? "\u{1B}[\(rawValue)m\(text)\u{1B}[0m" : text
    }
}
