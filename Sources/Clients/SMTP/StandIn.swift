package struct EmailAddress: Sendable { package init(_ a: String, name: String? = nil) { self.address = a }; package let address: String }
package struct SMTPConfiguration: Sendable { package init(url: String) throws(SMTPError) {} }
package struct SMTPError: Error { package var isRetriable: Bool { true } }
package struct SMTPMessage: Sendable { }
package final class SMTPClient: Sendable { package init(_ c: SMTPConfiguration) {}; package func check() async throws(SMTPError) {}; package func shutdown() {} }
