/// RFC 4180 as a state machine: bytes in, records out. Quoted fields may hold commas, doubled quotes and line breaks;
/// lines may end in LF or CRLF. A parser of chunks, so that a file never has to fit into memory.
package struct CSVParser {
    package struct Record: Equatable {
        /// Where the record begins, counting from 1.
        package let line: Int
        package let fields: [[UInt8]]
    }

    /// One record, or the line of one that cannot be read.
    package enum Output: Equatable {
        case record(Record)
        case malformed(line: Int, reason: String)
    }

    /// A quote that is never closed would swallow the rest of the file; past this size the record is given up.
    package static let maximumRecordSize = 1 << 20

    private enum State { case fieldStart, plain, quoted, quoteInQuoted, carriageReturn, skipLine }

    private var state = State.fieldStart
    private var fields: [[UInt8]] = []
    private var field: [UInt8] = []
    private var line = 1
    private var recordLine = 1
    private var recordSize = 0

    package init() {}

    package mutating func feed(_ bytes: some Sequence<UInt8>, _ onOutput: (Output) -> Void) {
        for byte in bytes { step(byte, onOutput) }
    }

    /// Ends the file: what stands after the last line break is a record too.
    package mutating func finish(_ onOutput: (Output) -> Void) {
        switch state {
        case .quoted: malformed("the quote that opens here is never closed", onOutput)
        case .skipLine: break
        case .fieldStart where fields.isEmpty: break
        case .fieldStart, .plain, .quoteInQuoted, .carriageReturn: endRecord(onOutput)
        }
        state = .fieldStart
    }

    private mutating func step(_ byte: UInt8, _ onOutput: (Output) -> Void) {
        defer { if byte == .newline { line += 1 } }
        recordSize += 1
        if recordSize > Self.maximumRecordSize, state != .skipLine {
            malformed("the record is larger than \(Self.maximumRecordSize) bytes; is a quote left open?", onOutput)
            state = .skipLine
        }
        switch (state, byte) {
        case (.skipLine, .newline): beginRecord()
        case (.skipLine, _): break
        case (.fieldStart, .quote): state = .quoted
        case (.quoted, .quote): state = .quoteInQuoted
        case (.quoted, _): field.append(byte)
        case (.quoteInQuoted, .quote):
            field.append(.quote)
            state = .quoted
        case (.fieldStart, .comma), (.plain, .comma), (.quoteInQuoted, .comma): endField()
        case (.fieldStart, .newline) where fields.isEmpty: beginRecord()
        case (.fieldStart, .newline), (.plain, .newline), (.quoteInQuoted, .newline), (.carriageReturn, .newline):
            endRecord(onOutput)
        case (.fieldStart, .carriageReturn), (.plain, .carriageReturn), (.quoteInQuoted, .carriageReturn):
            state = .carriageReturn
        case (.carriageReturn, _): skip("a carriage return stands alone", onOutput)
        case (.quoteInQuoted, _): skip("text stands after a closing quote", onOutput)
        case (.plain, .quote): skip("a quote stands inside an unquoted field", onOutput)
        case (.fieldStart, _), (.plain, _):
            field.append(byte)
            state = .plain
        }
    }

    private mutating func endField() {
        fields.append(field)
        field = []
        state = .fieldStart
    }

    private mutating func endRecord(_ onOutput: (Output) -> Void) {
        // An empty line, CRLF included, is no record.
        if !(fields.isEmpty && field.isEmpty && state == .carriageReturn && recordSize <= 2) {
            endField()
            onOutput(.record(Record(line: recordLine, fields: fields)))
        }
        beginRecord()
    }

    private mutating func beginRecord() {
        fields = []
        field = []
        recordSize = 0
        recordLine = line + 1
        state = .fieldStart
    }

    private mutating func skip(_ reason: String, _ onOutput: (Output) -> Void) {
        malformed(reason, onOutput)
        state = .skipLine
    }

    private func malformed(_ reason: String, _ onOutput: (Output) -> Void) {
        onOutput(.malformed(line: recordLine, reason: reason))
    }
}

extension UInt8 {
    fileprivate static let newline = UInt8(ascii: "\n")
    fileprivate static let carriageReturn = UInt8(ascii: "\r")
    fileprivate static let quote = UInt8(ascii: "\"")
    fileprivate static let comma = UInt8(ascii: ",")
}
