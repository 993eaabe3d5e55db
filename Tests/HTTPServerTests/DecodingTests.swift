import Foundation
import Testing

@testable import HTTPServer

@Suite struct DecodingTests {
    private struct Order: Codable, Equatable {
        enum Channel: String, Codable { case web, store }
        struct Item: Codable, Equatable {
            var variantID: String
            var quantity: Int

            enum CodingKeys: String, CodingKey {
                case variantID = "variant_id"
                case quantity
            }
        }

        var items: [Item]
        var shippingMethod: String?
        var isGift: Bool
        var placedAt: Date
        var channel: Channel

        enum CodingKeys: String, CodingKey {
            case items, channel
            case shippingMethod = "shipping_method"
            case isGift = "is_gift"
            case placedAt = "placed_at"
        }
    }

    private let valid = """
        {"items":[{"variant_id":"7","quantity":2}],"is_gift":true,"placed_at":"2024-05-01T12:00:00Z","channel":"web"}
        """

    private func decode(_ json: String, contentType: String? = nil) throws(Problem) -> Order {
        var headers = Headers()
        headers["Content-Type"] = contentType
        return try Request(method: .post, target: "/", headers: headers, body: Array(json.utf8)).decode(Order.self)
    }

    private func refusal(of json: String, contentType: String? = nil) -> Problem? {
        do {
            _ = try decode(json, contentType: contentType)
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: [nil, "application/json", "Application/JSON; charset=utf-8", "application/merge-patch+json"])
    func validBodiesDecode(contentType: String?) throws {
        let order = try decode(valid, contentType: contentType)
        #expect(order.items.first?.quantity == 2)
        #expect(order.placedAt == Date(timeIntervalSince1970: 1_714_564_800))
    }

    @Test(
        arguments: [
            ("\"quantity\":2", "\"quantity\":\"2\"", "items[0].quantity", "must be an integer"),
            ("\"quantity\":2", "\"quantity\":null", "items[0].quantity", "must be an integer, not null"),
            ("\"quantity\":2", "\"quantity\":2.5", "items[0].quantity", nil),
            ("\"quantity\":2", "\"quantity\":99999999999999999999", "items[0].quantity", nil),
            (",\"quantity\":2", "", "items[0].quantity", "is required"),
            ("\"is_gift\":true", "\"is_gift\":1", "is_gift", "must be true or false"),
            ("\"is_gift\":true,", "", "is_gift", "is required"),
            ("[{\"variant_id\":\"7\",\"quantity\":2}]", "{}", "items", nil),
            ("2024-05-01T12:00:00Z", "yesterday", "placed_at", nil),
            ("\"web\"", "\"phone\"", "channel", nil),
        ] as [(String, String, String, String?)]
    )
    func wrongFieldsAre422WithTheirPath(old: String, new: String, field: String, message: String?) throws {
        let problem = try #require(refusal(of: valid.replacing(old, with: new)))
        #expect(problem.status == 422)
        #expect(problem.fieldErrors.map(\.field) == [field])
        if let message { #expect(problem.fieldErrors.map(\.message) == [message]) }
    }

    @Test(arguments: [
        "", "{", "{a}", "[1,", "nonsense", "{\"items\":}", "\u{FEFF}{",
        String(repeating: "[", count: 100_000),
    ])
    func brokenJSONIs400(json: String) throws {
        let problem = try #require(refusal(of: json))
        #expect(problem.status == 400)
        #expect((1...200).contains(problem.detail?.count ?? 0))
    }

    @Test func invalidUTF8Is400() throws {
        let body: [UInt8] = Array("{\"a\":\"".utf8) + [0xFF, 0xFE] + Array("\"}".utf8)
        let problem = #expect(throws: Problem.self) {
            try Request(method: .post, target: "/", body: body).decode([String: String].self)
        }
        #expect(problem?.status == 400)
    }

    @Test(arguments: ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "json"])
    func otherContentTypesAre415(contentType: String) {
        #expect(refusal(of: valid, contentType: contentType)?.status == 415)
    }

    @Test func encodesTimesWithoutFractions() throws {
        struct Reply: Encodable {
            let orderNumber = "W/1"
            let createdAt = Date(timeIntervalSince1970: 1_714_564_800.75)

            enum CodingKeys: String, CodingKey {
                case orderNumber = "order_number"
                case createdAt = "created_at"
            }
        }
        let bytes = try Response.json(Reply(), status: 201).bytes
        let json = try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: String])
        #expect(json == ["order_number": "W/1", "created_at": "2024-05-01T12:00:00Z"])
        #expect(!String(decoding: bytes, as: UTF8.self).contains("\\/"))
    }
}
