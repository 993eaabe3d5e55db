/// An error as a client sees it: RFC 9457 `application/problem+json`.
public struct Problem: Error, Sendable {
    /// What is wrong with one field of the request, named by its path: `items[0].quantity`.
    public struct FieldError: Error, Encodable, Sendable, Equatable {
        /// Where in the body the value is, dotted: `items.0.quantity`.
        public var field: String
        /// What is wrong with it, for the person who sent it.
        public var message: String

        /// - Parameters:
        ///   - field: dotted from the body's top.
        ///   - message: never repeats a secret.
        public init(_ field: String, _ message: String) {
            self.field = field
            self.message = message
        }
    }

    /// A URI reference that programs may compare: `/problems/<slug>`.
    public var type: String
    /// The same sentence for every occurrence of this type.
    public var title: String
    /// The HTTP status.
    public var status: Int
    /// What went wrong this time, for a human. Never anything internal.
    public var detail: String?
    /// Rendered as `errors`.
    public var fieldErrors: [FieldError]
    /// Further members of the JSON object, keyed as they appear.
    public var extensions: [String: any Encodable & Sendable]
    /// Sent with the answer, such as `Retry-After`.
    public var headers: Headers

    /// - Parameters:
    ///   - detail: for the client: it leaks nothing internal.
    public init(
        status: Int,
        slug: String,
        title: String,
        detail: String? = nil,
        fieldErrors: [FieldError] = [],
        extensions: [String: any Encodable & Sendable] = [:],
        headers: Headers = [:]
    ) {
        type = "/problems/\(slug)"
        self.title = title
        self.status = status
        self.detail = detail
        self.fieldErrors = fieldErrors
        self.extensions = extensions
        self.headers = headers
    }
}
