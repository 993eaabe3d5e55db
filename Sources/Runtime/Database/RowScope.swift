import Postgres

/// Whose rows the statements of a task may see and change: the database's row security reads it, behind whatever each
/// statement itself asks for (migration 0012).
///
/// ``Database`` sends it in front of the statements of each read and each transaction, in the same round trip, and it ends
/// with them. Statements outside any scope see no user's rows, unless their database role is that of the workers.
package struct RowScope: Sendable, Equatable {
    /// Whose rows; `nil` for nobody's.
    package let userID: Int64?
    /// Whether all rows show.
    package let isStaff: Bool

    /// What the user's token says; the database refuses it where the account says something else (migration 0018).
    private let role: String?

    package init(userID: Int64?, isStaff: Bool) {
        self.userID = userID
        self.isStaff = isStaff
        role = nil
    }

    /// The scope of somebody who has shown a token. Its statements fail with ``outdatedToken`` where the account has been
    /// closed, or has got another role, since the token was made.
    package init(userID: Int64, role: String) {
        self.userID = userID
        self.role = role
        isStaff = role == "admin"
    }

    /// The SQLSTATE of a token that says more than its account may.
    package static let outdatedToken = "WA401"

    /// Everybody's rows, for what is done for nobody in particular: migrations, and calls of other systems that have
    /// proved who they are.
    package static let everything = RowScope(userID: nil, isStaff: true)

    /// The scope of this task; `nil` outside any.
    @TaskLocal package static var current: RowScope?

    /// Holds until the end of the transaction that it is sent in.
    ///
    /// - Parameter isReadOnly: whether the transaction is to refuse writes.
    func statement(isReadOnly: Bool = false) -> PostgresQuery {
        let also: PostgresQuery = isReadOnly ? ", set_config('transaction_read_only', 'on', true)" : ""
        if let userID, let role { return "SELECT wharf_enter(\(userID), \(role))\(also)" }
        return """
            SELECT set_config('wharf.user_id', \(userID.map(String.init) ?? ""), true),
                set_config('wharf.is_staff', \(isStaff ? "true" : ""), true)\(also)
            """
    }
}
