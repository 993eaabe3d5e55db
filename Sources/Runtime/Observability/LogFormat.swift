import Foundation

/// What a log line looks like. `LOG_FORMAT` chooses.
public enum LogFormat: String, Sendable, CaseIterable {
    /// One JSON object a line, for machines.
    case json
    /// One readable line, for people.
    case text
    /// `text` when the lines go to a terminal, `json` otherwise.
    case auto
}

extension LogLine {
    /// `{"ts":…,"level":…,"service":…,"logger":…,"msg":…, fields}` and a newline.
    func json(service: String?) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(256)
        func append(_ text: String) { out.append(contentsOf: text.utf8) }
        append(#"{"ts":""#)
        append(time.rfc3339)
        append(#"","level":""#)
        append(level.rawValue)
        if let service {
            append(#"","service":"#)
            appendJSONString(service, to: &out)
            append(#","logger":"#)
        } else {
            append(#"","logger":"#)
        }
        appendJSONString(logger, to: &out)
        append(#","msg":"#)
        appendJSONString(sentence.description, to: &out)
        for (key, value) in sortedFields {
            append(",")
            appendJSONString(key.name, to: &out)
            append(":")
            switch value {
            case .string(let text): appendJSONString(text, to: &out)
            case .int(let number): append(String(number))
            // JSON has no NaN and no infinity.
            case .double(let number): append(number.isFinite ? String(number) : "\"\(number)\"")
            case .bool(let flag): append(flag ? "true" : "false")
            }
        }
        append("}\n")
        return out
    }

    /// `23:59:59.123 WARNING outbox.relay  Sentence  key=value key="two words"` and a newline.
    func text(coloured: Bool) -> [UInt8] {
        let clock = time.rfc3339.dropFirst(11).dropLast()
        let name = level.rawValue.uppercased()
        let padding = String(repeating: " ", count: 7 - name.utf8.count)
        var text = "\(clock) \(coloured ? "\(level.colour)\(name)\u{1B}[0m" : name)\(padding) \(logger)  \(sentence)"
        for (index, (key, value)) in sortedFields.enumerated() {
            text += index == 0 ? "  " : " "
            text += "\(key.name)=\(value.text)"
        }
        text += "\n"
        return Array(text.utf8)
    }
}

extension LogLevel {
    fileprivate var colour: String {
        switch self {
        case .debug: "\u{1B}[2m"
        case .info: "\u{1B}[36m"
        case .notice: "\u{1B}[32m"
        case .warning: "\u{1B}[33m"
        case .error: "\u{1B}[31m"
        }
    }
}

extension LogValue {
    /// Text for people; quoted as soon as it could be mistaken for another field or could steer a terminal.
    fileprivate var text: String {
        switch self {
        case .int(let number): return String(number)
        case .double(let number): return String(number)
        case .bool(let flag): return String(flag)
        case .string(let string):
            let isPlain = string.utf8.allSatisfy { $0 > 0x20 && $0 != 0x22 && $0 != 0x3D && $0 != 0x7F }
            if isPlain && !string.isEmpty { return string }
            var quoted: [UInt8] = []
            appendJSONString(string, to: &quoted)
            return String(decoding: quoted, as: UTF8.self)
        }
    }
}

/// Appends `text` as a JSON string, escaped by RFC 8259 §7; DEL is escaped too, for the terminal's sake.
private func appendJSONString(_ text: String, to out: inout [UInt8]) {
    out.append(0x22)
    for byte in text.utf8 {
        switch byte {
        case 0x22: out.append(contentsOf: #"\""#.utf8)
        case 0x5C: out.append(contentsOf: #"\\"#.utf8)
        case 0x0A: out.append(contentsOf: #"\n"#.utf8)
        case 0x0D: out.append(contentsOf: #"\r"#.utf8)
        case 0x09: out.append(contentsOf: #"\t"#.utf8)
        case 0..<0x20, 0x7F:
            out.append(contentsOf: #"\u00"#.utf8)
            let hex = Array("0123456789abcdef".utf8)
            out.append(hex[Int(byte >> 4)])
            out.append(hex[Int(byte & 0xF)])
        default: out.append(byte)
        }
    }
    out.append(0x22)
}
