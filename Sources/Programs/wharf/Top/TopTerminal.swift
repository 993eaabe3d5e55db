import Foundation

/// The terminal as `wharf top` uses it: a screen of its own, and keys without Return.
struct TopTerminal {
    enum Key: Equatable, Sendable {
        case quit, sort, up, down, pause

        /// - Parameter bytes: what one read from the terminal gave; nil for keys that mean nothing here.
        init?(_ bytes: [UInt8]) {
            switch String(decoding: bytes, as: UTF8.self) {
            case "q", "Q", "\u{3}": self = .quit
            case "s", "S": self = .sort
            case "k", "\u{1b}[A", "\u{1b}OA": self = .up
            case "j", "\u{1b}[B", "\u{1b}OB": self = .down
            case "p", "P": self = .pause
            default: return nil
            }
        }
    }

    private let settings: termios

    /// - Throws: where standard input or output is no terminal.
    init() throws {
        var settings = termios()
        guard isatty(STDOUT_FILENO) == 1, tcgetattr(STDIN_FILENO, &settings) == 0 else {
            throw CommandFailure("wharf top needs a terminal: without one, take --once or --json")
        }
        self.settings = settings
        var raw = settings
        // Signals from the keyboard too: Ctrl-C must put the screen back.
        raw.c_lflag &= ~tcflag_t(ICANON | ECHO | ISIG)
        tcsetattr(STDIN_FILENO, TCSANOW, &raw)
        // The other screen, and no cursor.
        write("\u{1b}[?1049h\u{1b}[?25l")
    }

    /// Puts everything back.
    func restore() {
        var settings = settings
        write("\u{1b}[?25h\u{1b}[?1049l")
        tcsetattr(STDIN_FILENO, TCSANOW, &settings)
    }

    /// Draws over what is there, cut to the terminal's size.
    func draw(_ text: String) {
        var size = winsize()
        let isKnown = ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_row > 0
        let (rows, columns) = isKnown ? (Int(size.ws_row), Int(size.ws_col)) : (24, 80)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).prefix(rows).map {
            $0.prefix(columns) + "\u{1b}[K"
        }
        write("\u{1b}[H" + lines.joined(separator: "\r\n") + "\u{1b}[J")
    }

    /// The keys, read on a thread of their own until standard input ends.
    func keys() -> AsyncStream<Key> {
        let (keys, continuation) = AsyncStream.makeStream(of: Key.self)
        Thread.detachNewThread {
            var bytes = [UInt8](repeating: 0, count: 16)
            while true {
                let count = read(STDIN_FILENO, &bytes, bytes.count)
                guard count > 0 else { break }
                if let key = Key(Array(bytes.prefix(count))) { continuation.yield(key) }
            }
            continuation.yield(.quit)
        }
        return keys
    }

    private func write(_ text: String) { FileHandle.standardOutput.write(Data(text.utf8)) }
}
