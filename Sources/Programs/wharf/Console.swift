import Foundation

/// Writes a line to standard error, which is for people; standard output is for answers.
func complain(_ line: String) { FileHandle.standardError.write(Data((line + "\n").utf8)) }
