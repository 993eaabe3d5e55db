import Testing

@testable import Catalog

@Suite struct SeedProductTests {
    private let products = (1...2_000).map(SeedProduct.init(ordinal:))

    @Test func theSameNumberIsTheSameProduct() {
        #expect(SeedProduct(ordinal: 42) == SeedProduct(ordinal: 42))
        #expect(SeedProduct(ordinal: 42) != SeedProduct(ordinal: 43))
    }

    @Test func slugsAndSKUsAreUnique() {
        #expect(Set(products.map(\.slug)).count == products.count)
        let skus = products.flatMap { $0.variants.map(\.sku) }
        #expect(Set(skus).count == skus.count)
    }

    @Test func everyProductWouldPassTheSellersDoor() throws {
        for product in products {
            let draft = ProductDraft(
                name: product.name,
                slug: product.slug,
                description: product.description,
                category: Slug.make(product.category),
                brand: product.brand,
                status: .active,
                currency: SeedProduct.currency,
                variants: product.variants.map {
                    .init(
                        sku: $0.sku,
                        name: $0.name,
                        priceAmount: $0.priceAmount,
                        stockQuantity: $0.stockQuantity,
                        attributes: $0.attributes
                    )
                },
                images: product.images.map { .init(url: $0.url, alt: $0.alt, isPrimary: $0.isPrimary) }
            )
            #expect(throws: Never.self) { try draft.validated() }
            #expect((1...6).contains(product.variants.count))
        }
    }

    @Test func theShopIsMixed() {
        #expect(Set(products.map(\.category)).count == Assortment.all.count)
        #expect(Set(products.map(\.brand)).count == Assortment.brands.count)
        let soldOut = products.count { $0.variants.allSatisfy { $0.stockQuantity == 0 } }
        #expect((40...400).contains(soldOut))
        #expect(products.allSatisfy { $0.variants.allSatisfy { $0.priceAmount > 0 } })
    }
}
