import Accounts
import Bootstrap
import Configuration
import Crypto
import Foundation
import Validation

/// `wharf users …`: accounts that no HTTP route may make.
enum UserCommands {
    static let all = [createAdmin]

    private static let createAdmin = Command(
        path: ["users", "create-admin"],
        summary: "Makes an administrator; the password comes from a prompt, or from standard input.",
        options: [
            .value("email", "ADDRESS", "the account's e-mail address"),
            .value("first-name", "NAME", "for mails (Shop)"),
            .value("last-name", "NAME", "for mails (Administrator)"),
        ]
    ) { invocation in
        let email = try invocation.text("email")
        let password = try readPassword()
        let registration: Registration
        do {
            registration = try Registration(
                email: email,
                password: password,
                firstName: invocation.values["first-name"] ?? "Shop",
                lastName: invocation.values["last-name"] ?? "Administrator"
            )
        } catch let error as ValidationError {
            throw CommandFailure(error.fields.map { "\($0.field): \($0.message)" }.joined(separator: "\n"))
        }
        return try await withPool(Settings.databaseURL) { pool in
            do {
                let user = try await CreateAdmin.run(registration, hasher: PasswordHasher(), in: pool)
                print("created administrator \(user.email) (id \(user.id))")
                return .success
            } catch AccountError.emailTaken {
                throw CommandFailure("there is an account with this e-mail address already")
            }
        }
    }

    /// From a terminal without showing it, twice; otherwise one line of standard input.
    private static func readPassword() throws -> String {
        guard isatty(STDIN_FILENO) == 1 else {
            guard let line = readLine(strippingNewline: true), !line.isEmpty else {
                throw CommandFailure("standard input holds no password: write it there, or run this on a terminal")
            }
            return line
        }
        let first = try ask("Password: ")
        guard try ask("Again: ") == first else { throw CommandFailure("the two passwords differ") }
        return first
    }

    private static func ask(_ prompt: String) throws -> String {
        var settings = termios()
        tcgetattr(STDIN_FILENO, &settings)
        var silent = settings
        silent.c_lflag &= ~tcflag_t(ECHO)
        FileHandle.standardError.write(Data(prompt.utf8))
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent)
        defer {
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &settings)
            FileHandle.standardError.write(Data("\n".utf8))
        }
        guard let line = readLine(strippingNewline: true) else { throw CommandFailure("no password was typed") }
        return line
    }
}
