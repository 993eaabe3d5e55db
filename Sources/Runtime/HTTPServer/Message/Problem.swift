/// An error as a client sees it: RFC 9457 `application/problem+json`.
public struct Problem: Error, Sendable {
    /// What is wrong with one field of the request, named by its path: `items[0].quantity`.
    public struct FieldError: Error, Encodable, Sendable, Equatable {
        public var field: String
        public var message: String

        public init(_ field: String, _ message: String) {
            self.field = field
            self.message = message
        }
    }

    /// A URI reference that programs may compare: `/problems/<slug>`.
    public var type: String
    /// The same sentence for every occurrence of this type.
    public var title: String
    public var status: Int
    /// What went wrong this time, for a human. Never anything internal.
    public var detail: String?
    /// Rendered as `errors`.
    public var fieldErrors: [FieldError]
    /// Further members of the JSON object, keyed as they appear.
    public var extensions: [String: any Encodable & Sendable]
    /// Sent with the answer, such as `Retry-After`.
    public var headers: Headers

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
