/// What is wrong with a queue file, and where: written for the person who edits it.
public struct TopologyError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The file's path, or `nil` when a definition was made in code.
    public var file: String?
    /// The field, dotted from the file's top: `retry.attempts`.
    public var field: String?
    /// What is wrong, as the end of a sentence that file and field begin.
    public var problem: String

    package init(file: String? = nil, field: String? = nil, _ problem: String) {
        self.file = file
        self.field = field
        self.problem = problem
    }

    public var description: String { [file, field, problem].compactMap(\.self).joined(separator: ": ") }
}
