import Testing
import Validation

@testable import Catalog

@Suite struct ProductDraftTests {
    private let draft = ProductDraft(
        name: "Lantern",
        slug: nil,
        description: "",
        category: "garden",
        brand: nil,
        status: .active,
        currency: "EUR",
        variants: [.init(sku: "L-1", name: "Small", priceAmount: 500, stockQuantity: 3, attributes: [:])],
        images: [.init(url: "https://example.org/l.jpg", alt: "", isPrimary: true)]
    )

    private func fields(_ change: (inout ProductDraft) -> Void, existingSKUs: Set<String> = []) -> [String] {
        var draft = draft
        change(&draft)
        do throws(ValidationError) {
            _ = try draft.validated(existingSKUs: existingSKUs)
            return []
        } catch {
            return error.fields.map(\.field)
        }
    }

    @Test func makesASlugOfNameAndFirstSKU() throws {
        #expect(try draft.validated().slug == "lantern-l-1")
    }

    @Test func wantsExactlyOnePrimaryImage() {
        #expect(fields { $0.images = [] } == ["images", "images"])
        #expect(fields { $0.images[0].isPrimary = false } == ["images"])
        #expect(fields { $0.images.append($0.images[0]) } == ["images"])
    }

    @Test func wantsVariants() {
        #expect(fields { $0.variants = [] }.contains("variants"))
        #expect(fields { $0.variants.append($0.variants[0]) } == ["variants"])
        #expect(fields { $0.variants[0].priceAmount = -1 } == ["variants[0].price_amount"])
        #expect(fields { $0.variants[0].stockQuantity = -1 } == ["variants[0].stock_quantity"])
    }

    @Test func onlyAnExistingVariantMayLeaveItsStockOut() {
        #expect(fields { $0.variants[0].stockQuantity = nil } == ["variants[0].stock_quantity"])
        #expect(fields({ $0.variants[0].stockQuantity = nil }, existingSKUs: ["L-1"]).isEmpty)
    }

    @Test func refusesAnAddressThatIsAScript() {
        #expect(fields { $0.images[0].url = "javascript:alert(1)" } == ["images[0].url"])
    }

    @Test func variantsThatStayKeepTheirIDs() {
        let current = [
            ProductVariant(id: 1, sku: "A", name: "A", priceAmount: 1, stockQuantity: 0, attributes: [:]),
            ProductVariant(id: 2, sku: "B", name: "B", priceAmount: 1, stockQuantity: 4, attributes: [:]),
        ]
        let wanted: [ProductDraft.Variant] = [
            .init(sku: "C", name: "C", priceAmount: 1, stockQuantity: 0, attributes: [:]),
            .init(sku: "B", name: "B", priceAmount: 2, stockQuantity: nil, attributes: [:]),
        ]
        let changes = VariantChanges(from: current, to: wanted)
        #expect(changes.deletedIDs == [1])
        #expect(changes.updates.map(\.id) == [2])
        #expect(changes.inserts.map(\.variant.sku) == ["C"])
        #expect(changes.isInStock)
    }
}
