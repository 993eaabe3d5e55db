import Accounts
import Foundation
import HTTPServer

struct UserRecordBody: Encodable {
    private let user: UserBody
    private let record: UserRecord

    private enum CodingKeys: String, CodingKey {
        case isActive = "is_active"
        case otpEnabled = "otp_enabled"
        case deletedAt = "deleted_at"
    }

    init(_ record: UserRecord) {
        user = UserBody(record.user)
        self.record = record
    }

    func encode(to encoder: any Encoder) throws {
        try user.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(record.isActive, forKey: .isActive)
        try container.encode(record.hasSecondFactor, forKey: .otpEnabled)
        try container.encodeIfPresent(record.deletedAt, forKey: .deletedAt)
    }
}

struct UserChangeBody: Decodable {
    let role: Role?
    let isActive: Bool?

    private enum CodingKeys: String, CodingKey {
        case role
        case isActive = "is_active"
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        isActive = try container.decodeIfPresent(Bool.self, forKey: .isActive)
        role = try container.decodeIfPresent(String.self, forKey: .role).map { text in
            guard let role = Role(rawValue: text) else {
                throw Problem.FieldError(
                    "role",
                    "must be one of \(Role.allCases.map(\.rawValue).joined(separator: ", "))"
                )
            }
            return role
        }
        if role == nil, isActive == nil { throw Problem.FieldError("role", "or is_active must be there") }
    }
}

struct AuditEntryBody: Encodable {
    let id: String
    let createdAt: Date
    let actor: WireID
    let role: String
    let action: String
    let target: String
    let requestID: String
    let changes: JSONValue?

    private enum CodingKeys: String, CodingKey {
        case id
        case createdAt = "created_at"
        case actor, role, action, target
        case requestID = "request_id"
        case changes
    }

    init(_ entry: AuditEntry) {
        id = entry.id
        createdAt = entry.createdAt
        actor = WireID(entry.actorID)
        role = entry.role
        action = entry.action
        target = entry.target
        requestID = entry.requestID
        changes = entry.changes.flatMap { try? JSONCoding.decoder.decode(JSONValue.self, from: Data($0.utf8)) }
    }
}
