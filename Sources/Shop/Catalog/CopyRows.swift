/// Rows that are already there, as the stream that COPY reads, in chunks large enough that a row costs no wake-up.
struct CopyRows: AsyncSequence, Sendable {
    typealias Element = [UInt8]
    typealias Failure = Never

    private let chunks: [[UInt8]]

    init(_ rows: [[UInt8]], chunk: Int = 65_536) {
        var chunks: [[UInt8]] = []
        var current: [UInt8] = []
        for row in rows {
            current += row
            if current.count >= chunk {
                chunks.append(current)
                current = []
            }
        }
        if !current.isEmpty { chunks.append(current) }
        self.chunks = chunks
    }

    func makeAsyncIterator() -> Iterator { Iterator(chunks: chunks.makeIterator()) }

    struct Iterator: AsyncIteratorProtocol {
        var chunks: IndexingIterator<[[UInt8]]>

        mutating func next() async -> [UInt8]? { chunks.next() }
    }
}
