import Accounts
import Catalog
import Foundation
import HTTPServer
import Orders
import Payments
import Testing

@testable import ShopAPI

@Suite struct BodyTests {
    private func decode<Body: Decodable>(_ json: String, as type: Body.Type = Body.self) throws -> Body {
        try JSONCoding.decoder.decode(type, from: Data(json.utf8))
    }

    @Test func idsAreStringsAndNumbersAreUnderstood() throws {
        #expect(try decode(#"["12", 12]"#, as: [WireID].self) == [WireID(12), WireID(12)])
        #expect(String(decoding: try JSONCoding.encoder.encode([WireID(12)]), as: UTF8.self) == #"["12"]"#)
        for bad in [#"["x"]"#, "[1.5]", "[null]", "[99999999999999999999]", #"[""]"#, "[true]"] {
            #expect(throws: DecodingError.self, "\(bad)") { try decode(bad, as: [WireID].self) }
        }
    }

    @Test func anOrderReadsItsSnakeCase() throws {
        let body: OrderRequestBody = try decode(
            """
            {"items":[{"variant_id":"7","quantity":2}],
             "shipping_address":{"line1":"1 Quay St","city":"Galway","postal_code":"H91","country":"IE"}}
            """
        )
        let request = try body.request(payingAt: .test)
        #expect(request.lines == [.init(variantID: 7, quantity: 2)])
        #expect(request.shippingAddress.postalCode == "H91")
    }

    @Test func aChangeTouchesWhatItNames() throws {
        var draft = ProductDraft(
            name: "Mug",
            slug: "mug",
            description: "old",
            category: "tableware",
            brand: "Elm",
            status: .active,
            currency: "EUR",
            variants: [],
            images: []
        )
        try decode(#"{"description":"new"}"#, as: ProductChangeBody.self).apply(to: &draft)
        #expect(draft.description == "new")
        #expect(draft.brand == "Elm")
        try decode(#"{"brand":null,"status":"archived"}"#, as: ProductChangeBody.self).apply(to: &draft)
        #expect(draft.brand == nil)
        #expect(draft.status == .archived)
        #expect(throws: DecodingError.self) { try decode(#"{"status":"gone"}"#, as: ProductChangeBody.self) }
    }
}
