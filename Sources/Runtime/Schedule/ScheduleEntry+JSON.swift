import Foundation
import Jobs
import Topology

extension ScheduleEntry {
    private struct Fields: Decodable {
        var name: String
        var cron: String
        var job: String
        var body: JSONValue
        var lane: String?
        var catchUp: String
        var isEnabled: Bool

        private enum CodingKeys: String, CodingKey, CaseIterable {
            case name, cron, job, body, lane
            case catchUp = "catch_up"
            case isEnabled = "enabled"
        }

        init(from decoder: any Decoder) throws {
            try decoder.refuseFieldsBeyond(CodingKeys.self)
            let fields = try decoder.container(keyedBy: CodingKeys.self)
            name = try fields.decode(String.self, forKey: .name)
            cron = try fields.decode(String.self, forKey: .cron)
            job = try fields.decode(String.self, forKey: .job)
            body = try fields.decode(JSONValue.self, forKey: .body)
            lane = try fields.decodeIfPresent(String.self, forKey: .lane)
            catchUp = try fields.decode(String.self, forKey: .catchUp)
            isEnabled = try fields.decode(Bool.self, forKey: .isEnabled)
        }
    }

    /// - Parameter file: the path that errors name.
    /// - Throws: ``ScheduleError`` naming the field.
    init(json: Data, file: String) throws(ScheduleError) {
        let fields: Fields
        do {
            fields = try JSONDecoder().decode(Fields.self, from: json)
        } catch {
            throw ScheduleError(TopologyError(file: file, reading: error))
        }
        do throws(ScheduleError) {
            self = try ScheduleEntry(fields)
        } catch {
            throw ScheduleError(file: file, field: error.field, error.problem)
        }
    }

    private init(_ fields: Fields) throws(ScheduleError) {
        for (field, name) in [("name", fields.name), ("job", fields.job)] where !QueueDefinition.isName(name) {
            throw ScheduleError(field: field, "must be words of a-z, 0-9 and _ joined by dots, not \"\(name)\"")
        }
        let recurrence: CronExpression
        do throws(CronError) {
            recurrence = try CronExpression(fields.cron)
        } catch {
            throw ScheduleError(field: "cron", error.description)
        }
        guard case .object = fields.body else { throw ScheduleError(field: "body", "must be an object") }
        guard let body = try? fields.body.encoded() else {
            throw ScheduleError(field: "body", "cannot be written as JSON")
        }
        var lane: JobLane?
        if let word = fields.lane {
            lane = JobLane(rawValue: word)
            if lane == nil { throw ScheduleError(field: "lane", "must be one word of a-z, 0-9 and _, not \"\(word)\"") }
        }
        guard let catchUp = CatchUp(rawValue: fields.catchUp) else {
            let known = CatchUp.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: " or ")
            throw ScheduleError(field: "catch_up", "must be \(known), not \"\(fields.catchUp)\"")
        }
        self.init(
            name: fields.name,
            cron: recurrence.description,
            recurrence: recurrence,
            job: fields.job,
            body: body,
            lane: lane,
            catchUp: catchUp,
            isEnabled: fields.isEnabled
        )
    }
}

/// JSON of any shape, to be passed on.
private enum JSONValue: Codable {
    case object([String: JSONValue])
    case array([JSONValue])
    case string(String)
    case integer(Int64)
    case number(Double)
    case boolean(Bool)
    case null

    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            self = .null
        } else if let boolean = try? value.decode(Bool.self) {
            self = .boolean(boolean)
        } else if let integer = try? value.decode(Int64.self) {
            self = .integer(integer)
        } else if let number = try? value.decode(Double.self) {
            self = .number(number)
        } else if let string = try? value.decode(String.self) {
            self = .string(string)
        } else if let array = try? value.decode([JSONValue].self) {
            self = .array(array)
        } else {
            self = .object(try value.decode([String: JSONValue].self))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .object(let value): try container.encode(value)
        case .array(let value): try container.encode(value)
        case .string(let value): try container.encode(value)
        case .integer(let value): try container.encode(value)
        case .number(let value): try container.encode(value)
        case .boolean(let value): try container.encode(value)
        case .null: try container.encodeNil()
        }
    }

    func encoded() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(self))
    }
}
