import Accounts
import Foundation

struct SavedAddressDraftBody: Decodable {
    let address: Address
    let isDefault: Bool?

    private enum CodingKeys: String, CodingKey {
        case isDefault = "is_default"
    }

    init(from decoder: any Decoder) throws {
        address = try Address(from: decoder)
        isDefault = try decoder.container(keyedBy: CodingKeys.self).decodeIfPresent(Bool.self, forKey: .isDefault)
    }
}

struct SavedAddressBody: Encodable {
    private let saved: SavedAddress

    private enum CodingKeys: String, CodingKey {
        case id
        case isDefault = "is_default"
    }

    init(_ saved: SavedAddress) { self.saved = saved }

    func encode(to encoder: any Encoder) throws {
        try saved.address.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(WireID(saved.id), forKey: .id)
        try container.encode(saved.isDefault, forKey: .isDefault)
    }
}
