/// What is wrong with a request's fields, all of it at once, so that a form can be corrected in one go.
package struct ValidationError: Error, Equatable {
    package struct Field: Hashable, Sendable {
        /// The path of the field as the client wrote it: `email`, `items[0].quantity`.
        package let field: String
        /// One sentence for a human, without the refused value.
        package let message: String

        package init(field: String, message: String) {
            self.field = field
            self.message = message
        }
    }

    package let fields: [Field]

    package init(_ fields: [Field]) { self.fields = fields }

    package init(_ field: String, _ message: String) {
        fields = [Field(field: field, message: message)]
    }
}
