/// An address that an account keeps.
package struct SavedAddress: Equatable, Sendable {
    package let id: Int64
    package let address: Address
    /// The one that a checkout proposes: exactly one, while there is any.
    package let isDefault: Bool
}
