import Foundation
import Randomness

/// The product number `ordinal` of the made-up shop: a pure function of the number.
struct SeedProduct: Equatable {
    let slug: String
    let name: String
    let description: String
    let category: String
    let brand: String
    let tags: [String]
    let variants: [ProductVariant]
    let images: [ProductImage]

    static let currency = "EUR"

    init(ordinal: Int) {
        var random = SplitMix64(seed: UInt64(ordinal))
        // A seed next to another gives a first draw next to it in nothing; the draw is still thrown away, so that a
        // change of the words below never moves the stock of every product.
        _ = random.next()
        let shelf = random.pick(Assortment.all)
        let brand = random.pick(Assortment.brands)
        let material = random.pick(shelf.materials)
        let noun = random.pick(shelf.nouns)
        let style = random.pick(Assortment.styles)
        name = "\(brand) \(style) \(material) \(noun)"
        slug = Slug.make("\(style) \(material) \(noun) \(Self.code(ordinal))")
        category = shelf.category
        self.brand = brand
        tags = Set([style, material].map(Slug.make)).sorted()
        description = """
            \(Self.article(style)) \(style.lowercased()) \(noun.lowercased()) in \(material.lowercased()), made by \
            \(brand) for \(random.pick(shelf.uses)). \(random.pick(Self.promises)) \(random.pick(Self.care))
            """
        let price = Self.price(in: shelf.prices, &random)
        let isSoldOut = random.below(20) == 0
        variants = Self.options(shelf.options, &random).enumerated().map { index, option in
            let amount = Int64(price + option.surcharge * price / 100)
            return ProductVariant(
                id: 0,
                sku: "\(Self.code(ordinal))-\(index + 1)",
                name: option.name,
                priceAmount: amount,
                // Every tenth product is reduced.
                compareAtAmount: ordinal.isMultiple(of: 10) ? amount + amount / 4 + 1 : nil,
                stockQuantity: isSoldOut ? 0 : random.below(10) == 0 ? 0 : 5 + random.below(200),
                attributes: option.attributes
            )
        }
        let imageName = name
        images = (1...(1 + random.below(4))).map { [slug] number in
            ProductImage(
                url: "https://images.wharf.example/products/\(slug)-\(number).jpg",
                alt: number == 1 ? imageName : "\(imageName), view \(number)",
                isPrimary: number == 1,
                size: ImageSize(width: 1200, height: 1200)
            )
        }
    }

    /// `S0000042`: fixed width, so that the highest is the last in order.
    static func code(_ ordinal: Int) -> String {
        "S" + String(repeating: "0", count: max(0, 7 - String(ordinal).count)) + String(ordinal)
    }

    private static func article(_ word: String) -> String { "AEIOU".contains(word.prefix(1)) ? "An" : "A" }

    /// Prices of a shop end in 0, 5 or 9.
    private static func price(in range: ClosedRange<Int>, _ random: inout SplitMix64) -> Int {
        // The square of a uniform draw: more cheap things than dear ones, as on a real shelf.
        let draw = random.below(10_000)
        let whole = range.lowerBound + (range.upperBound - range.lowerBound) * draw / 10_000 * draw / 10_000
        return whole / 100 * 100 + random.pick([0, 50, 90, 95, 99])
    }

    private struct Option {
        var name: String
        var attributes: [String: String]
        var surcharge = 0
    }

    private static func options(_ options: Assortment.Options, _ random: inout SplitMix64) -> [Option] {
        switch options {
        case .none:
            [Option(name: "Standard", attributes: [:])]
        case .sizes:
            ["XS", "S", "M", "L", "XL", "XXL"].prefix(2 + random.below(5))
                .map { Option(name: $0, attributes: ["size": $0]) }
        case .volumes:
            ["Small", "Medium", "Large"].prefix(1 + random.below(3)).enumerated()
                .map { Option(name: $1, attributes: ["size": $1], surcharge: $0 * 40) }
        case .colours:
            colours(1 + random.below(5), &random).map { Option(name: $0, attributes: ["colour": $0]) }
        }
    }

    private static func colours(_ count: Int, _ random: inout SplitMix64) -> [String] {
        let first = random.below(Assortment.colours.count)
        return (0..<count).map { Assortment.colours[(first + $0 * 5) % Assortment.colours.count] }
    }

    private static let promises = [
        "Made in small batches and checked by hand.", "Built to be repaired rather than replaced.",
        "Designed to look better with every year of use.", "Made from materials with a known origin.",
        "A favourite since the shop opened.", "Packed without plastic.",
    ]

    private static let care = [
        "Wipe clean with a damp cloth.", "Hand wash only.", "Machine wash at 30 degrees.",
        "Keep dry and out of direct sun.", "Comes with a two-year guarantee.", "Spare parts are available.",
    ]
}
