import Accounts
import Testing
import Validation

@testable import Orders

@Suite struct OrderRequestTests {
    private static let address = Address(line1: "1 Quay St", city: "Galway", postalCode: "H91", country: "IE")

    private func request(
        _ lines: [(Int64, Int)],
        address: Address = Self.address,
        shippingMethod: String? = nil
    ) throws(ValidationError) -> OrderRequest {
        try OrderRequest(
            lines: lines.map { .init(variantID: $0, quantity: $1) },
            shippingAddress: address,
            billingAddress: nil,
            shippingMethod: shippingMethod
        )
    }

    @Test func mergesLinesOfOneVariant() throws {
        let merged = try request([(5, 1), (3, 2), (5, 4)])
        #expect(merged.lines == [.init(variantID: 5, quantity: 5), .init(variantID: 3, quantity: 2)])
    }

    @Test(arguments: [0, -1, 10_001, Int.max, Int.min])
    func boundsTheQuantity(_ quantity: Int) {
        #expect(throws: ValidationError("items[0].quantity", "must be from 1 to 10000")) {
            try request([(1, quantity)])
        }
    }

    @Test func boundsTheMergedQuantity() {
        #expect(throws: ValidationError.self) { try request([(1, 6_000), (1, 6_000)]) }
    }

    @Test func boundsTheLines() {
        #expect(throws: ValidationError.self) { try request([]) }
        #expect(throws: ValidationError.self) { try request((1...101).map { ($0, 1) }) }
    }

    @Test func checksTheAddress() throws {
        let address = Address(line1: " ", city: "Galway", postalCode: "H91", country: "Ireland")
        do {
            _ = try request([(1, 1)], address: address)
            Issue.record("an address without a street was taken")
        } catch {
            #expect(error.fields.map(\.field) == ["shipping_address.country", "shipping_address.line1"])
        }
    }

    @Test func takesCodesOfShippingMethods() throws {
        #expect(try request([(1, 1)]).shippingMethod == "standard")
        #expect(try request([(1, 1)], shippingMethod: "express").shippingMethod == "express")
        #expect(throws: ValidationError("shipping_method", "must be the code of a shipping method")) {
            try request([(1, 1)], shippingMethod: "By pigeon")
        }
    }

    @Test func withoutLinesItIsTheCart() throws {
        let request = try OrderRequest(lines: nil, shippingAddress: Self.address, billingAddress: nil)
        #expect(request.lines == nil)
        #expect(try request.fingerprint() != self.request([(1, 1)]).fingerprint())
    }

    @Test func discountCodesAreInCapitals() throws {
        func request(_ code: String) throws(ValidationError) -> OrderRequest {
            try OrderRequest(lines: nil, shippingAddress: Self.address, billingAddress: nil, discountCode: code)
        }
        #expect(try request("spring-10").discountCode == "SPRING-10")
        #expect(throws: ValidationError("discount_code", "is not a discount code")) { try request("10 %") }
    }

    @Test func theFingerprintIsOfTheMeaning() throws {
        let one = try request([(5, 1), (3, 2)]).fingerprint()
        #expect(try request([(5, 1), (3, 2)]).fingerprint() == one)
        #expect(try request([(5, 2), (3, 2)]).fingerprint() != one)
        #expect(try request([(5, 1), (3, 2)], shippingMethod: "standard").fingerprint() == one)
        #expect(try request([(5, 1), (3, 2)], shippingMethod: "express").fingerprint() != one)
        let elsewhere = Address(line1: "2 Quay St", city: "Galway", postalCode: "H91", country: "IE")
        #expect(try request([(5, 1), (3, 2)], address: elsewhere).fingerprint() != one)
    }
}
