import Foundation

/// Writes a line to standard error, which is for people; standard output is for answers.
func complain(_ line: String) { FileHandle.standardError.write(Data((line + "\n").utf8)) }

/// A text that came from elsewhere, on one line and without what could steer a terminal.
func printable(_ text: String) -> String {
    String(String.UnicodeScalarView(text.unicodeScalars.map { isControl($0) ? "?" : $0 }))
}

/// The same over several lines.
func printableLines(_ text: String) -> String {
    String(String.UnicodeScalarView(text.unicodeScalars.map { isControl($0) && $0 != "\n" ? "?" : $0 }))
}

/// Controls, and the marks that reorder or break what a terminal shows.
private func isControl(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator: true
    default: false
    }
}
