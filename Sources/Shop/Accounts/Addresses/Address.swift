package import Validation

/// Where a parcel goes: an order's, or one of those that an account keeps. Its keys are those of the API and of the database's JSON.
package struct Address: Codable, Equatable, Sendable {
    package let name: String?
    package let line1: String
    package let line2: String?
    package let city: String
    package let region: String?
    package let postalCode: String
    /// ISO 3166-1 alpha-2.
    package let country: String
    package let phone: String?

    package init(
        name: String? = nil,
        line1: String,
        line2: String? = nil,
        city: String,
        region: String? = nil,
        postalCode: String,
        country: String,
        phone: String? = nil
    ) {
        self.name = name
        self.line1 = line1
        self.line2 = line2
        self.city = city
        self.region = region
        self.postalCode = postalCode
        self.country = country
        self.phone = phone
    }

    private enum CodingKeys: String, CodingKey {
        case name, line1, line2, city, region
        case postalCode = "postal_code"
        case country, phone
    }

    /// The address with its fields trimmed; what is wrong is collected.
    ///
    /// - Parameter field: where in the body the address stands; `nil` where it is the body.
    package func validated(_ validator: inout Validator, _ field: String?) -> Address {
        func path(_ name: String) -> String { field.map { "\($0).\(name)" } ?? name }
        func optional(_ value: String?, _ name: String) -> String? {
            let line = value.map { validator.line($0, path(name), length: 0...200) }
            return line?.isEmpty == true ? nil : line
        }
        let isCountry = country.utf8.count == 2 && country.utf8.allSatisfy { (0x41...0x5A).contains($0) }
        validator.require(isCountry, path("country"), "must be an ISO 3166-1 code of two capital letters such as DE")
        return Address(
            name: optional(name, "name"),
            line1: validator.line(line1, path("line1"), length: 1...200),
            line2: optional(line2, "line2"),
            city: validator.line(city, path("city"), length: 1...200),
            region: optional(region, "region"),
            postalCode: validator.line(postalCode, path("postal_code"), length: 1...20),
            country: country,
            phone: optional(phone, "phone")
        )
    }
}
