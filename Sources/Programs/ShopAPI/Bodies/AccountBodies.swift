import Accounts
import Foundation
import Validation

struct RegistrationBody: Decodable {
    let email: String
    let password: String
    let firstName: String
    let lastName: String

    private enum CodingKeys: String, CodingKey {
        case email, password
        case firstName = "first_name"
        case lastName = "last_name"
    }

    func registration() throws(ValidationError) -> Registration {
        try Registration(email: email, password: password, firstName: firstName, lastName: lastName)
    }
}

struct SignInBody: Decodable {
    let email: String
    let password: String
    let otp: String?
}

struct RefreshBody: Decodable {
    let refresh: String
}

struct SignOutBody: Decodable {
    let refresh: String
    let allSessions: Bool?

    private enum CodingKeys: String, CodingKey {
        case refresh
        case allSessions = "all_sessions"
    }
}

/// The names of a profile: PUT needs both, PATCH takes either.
struct ProfileBody: Decodable {
    let firstName: String
    let lastName: String

    private enum CodingKeys: String, CodingKey {
        case firstName = "first_name"
        case lastName = "last_name"
    }
}

struct ProfileChangeBody: Decodable {
    let firstName: String?
    let lastName: String?

    private enum CodingKeys: String, CodingKey {
        case firstName = "first_name"
        case lastName = "last_name"
    }
}

struct UserBody: Encodable {
    let id: WireID
    let email: String
    let firstName: String
    let lastName: String
    let role: String
    let emailVerified: Bool
    let createdAt: Date

    private enum CodingKeys: String, CodingKey {
        case id, email
        case firstName = "first_name"
        case lastName = "last_name"
        case role
        case emailVerified = "email_verified"
        case createdAt = "created_at"
    }

    init(_ user: User) {
        id = WireID(user.id)
        email = user.email
        firstName = user.firstName
        lastName = user.lastName
        role = user.role.rawValue
        emailVerified = user.isEmailVerified
        createdAt = user.createdAt
    }
}

struct TokensBody: Encodable {
    let access: String
    let refresh: String

    init(_ tokens: TokenPair) {
        access = tokens.access
        refresh = tokens.refresh
    }
}

struct RegisteredBody: Encodable {
    let user: UserBody
    let access: String
    let refresh: String

    init(_ user: User, _ tokens: TokenPair) {
        self.user = UserBody(user)
        access = tokens.access
        refresh = tokens.refresh
    }
}
