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

    private func fields(_ change: (inout ProductDraft) -> Void, current: [ProductVariant] = []) -> [String] {
        var draft = draft
        change(&draft)
        do throws(ValidationError) {
            _ = try draft.validated(current: current)
            return []
        } catch {
            return error.fields.map(\.field)
        }
    }

    @Test func makesASlugOfNameAndFirstSKU() throws {
        #expect(try draft.validated().slug == "lantern-l-1")
    }

    @Test func wantsExactlyOnePrimaryImage() {
        #expect(fields { $0.images = [] } == ["images"])
        #expect(fields { $0.images[0].isPrimary = false } == ["images"])
        #expect(fields { $0.images.append($0.images[0]) } == ["images", "images"])
        #expect(
            fields {
                $0.images = []
                $0.status = .draft
            }.isEmpty
        )
    }

    @Test func wantsVariants() {
        #expect(fields { $0.variants = [] }.contains("variants"))
        #expect(fields { $0.variants.append($0.variants[0]) } == ["variants"])
        #expect(fields { $0.variants[0].priceAmount = -1 } == ["variants[0].price_amount"])
        #expect(fields { $0.variants[0].stockQuantity = -1 } == ["variants[0].stock_quantity"])
    }

    @Test func onlyAnExistingVariantMayLeaveItsStockOut() {
        #expect(fields { $0.variants[0].stockQuantity = nil } == ["variants[0].stock_quantity"])
        let current = ProductVariant(id: 7, sku: "L-1", name: "", priceAmount: 1, stockQuantity: 0, attributes: [:])
        #expect(fields({ $0.variants[0].stockQuantity = nil }, current: [current]).isEmpty)
        #expect(
            fields(
                {
                    $0.variants[0].stockQuantity = nil
                    $0.variants[0].id = 7
                    $0.variants[0].sku = "L-2"
                },
                current: [current]
            ).isEmpty
        )
    }

    @Test func aReducedPriceIsLess() {
        #expect(fields { $0.variants[0].compareAtAmount = 500 } == ["variants[0].compare_at_amount"])
        #expect(fields { $0.variants[0].compareAtAmount = 501 }.isEmpty)
    }

    @Test func tagsAreSlugsAndStandOnce() throws {
        var draft = draft
        draft.tags = ["sale", "camping", "sale"]
        #expect(try draft.validated().tags == ["camping", "sale"])
        #expect(fields { $0.tags = ["Big Sale"] } == ["tags"])
    }

    @Test func aSizeHasTwoSides() {
        #expect(fields { $0.images[0].width = 10 } == ["images[0].width"])
        #expect(
            fields {
                $0.images[0].width = 10
                $0.images[0].height = 0
            } == ["images[0].height"]
        )
        #expect(fields { $0.variants[0].attributes = ["si:ze": "M"] } == ["variants[0].attributes"])
    }

    @Test func oneImageIsPrimaryWhateverChanges() throws {
        var draft = draft
        draft.images = [1, 2, 3].map { .init(id: $0, url: "https://e.org/\($0)", alt: "", isPrimary: $0 == 1) }
        func primary() -> [Int64?] { draft.images.filter(\.isPrimary).map(\.id) }
        draft.addImage(.init(id: 4, url: "https://e.org/4", alt: "", isPrimary: true))
        #expect(primary() == [4])
        try draft.changeImage(2) { $0.isPrimary = true }
        #expect(primary() == [2])
        try draft.removeImage(2)
        #expect(primary() == [1])
        try draft.arrangeImages([4, 3, 1])
        #expect(draft.images.map(\.id) == [4, 3, 1])
        #expect(primary() == [1])
        #expect(throws: CatalogError.imagesDiffer) { try draft.arrangeImages([4, 3]) }
        #expect(throws: CatalogError.imagesDiffer) { try draft.arrangeImages([4, 4, 1]) }
        #expect(throws: CatalogError.imageNotFound) { try draft.removeImage(2) }
        try draft.removeImage(1)
        try draft.removeImage(4)
        #expect(throws: CatalogError.lastImage) { try draft.removeImage(3) }
        draft.status = .draft
        try draft.removeImage(3)
        draft.addImage(.init(url: "https://e.org/5", alt: "", isPrimary: false))
        #expect(draft.images.map(\.isPrimary) == [true])
    }

    @Test func theLastVariantStays() throws {
        var draft = draft
        draft.variants[0].id = 1
        #expect(throws: CatalogError.lastVariant) { try draft.removeVariant(1) }
        #expect(throws: CatalogError.variantNotFound) { try draft.removeVariant(2) }
        try draft.changeVariant(1) { $0.priceAmount = 7 }
        #expect(draft.variants[0].priceAmount == 7)
    }

    @Test func imagesThatStayKeepTheirIDs() {
        let current = [1, 2, 3].map { ProductImage(id: $0, url: "https://e.org/\($0)", alt: "", isPrimary: $0 == 1) }
        let changes = ImageChanges(
            from: current,
            to: [
                .init(url: "https://e.org/2", alt: "two", isPrimary: true),
                .init(id: 3, url: "https://e.org/new", alt: "", isPrimary: false),
                .init(url: "https://e.org/4", alt: "", isPrimary: false),
            ]
        )
        #expect(changes.deletedIDs == [1])
        #expect(changes.updates.map(\.id) == [2, 3])
        #expect(changes.inserts.map(\.position) == [2])
    }

    @Test(arguments: [
        "javascript:alert(1)", "//e.org/1", "ftp://e.org/1", "http://", "https://-e.org/", "https://e.org:/",
        "https://e.org:1:2/",
        "https://e.org/a b", "https://e.org/%4", "https://e.org/é", "https://ada@e.org/", "https://e.org/#1",
        "https://e.org/\n",
    ])
    func refusesWhatIsNoWebAddress(_ url: String) {
        #expect(fields { $0.images[0].url = url } == ["images[0].url"])
    }

    @Test(arguments: [
        "https://e.org", "http://127.0.0.1:8080/a/b.jpg", "https://img.e-x.org/%C3%A9;v=1/(a)?w=1&h=2/?",
        "https://e.org?x",
    ])
    func takesWebAddresses(_ url: String) {
        #expect(fields { $0.images[0].url = url }.isEmpty)
    }

    /// The smallest integer has no absolute value.
    @Test(arguments: [0, .min, .max, 1_000_000_001, -1_000_000_001])
    func refusesAnAdjustmentOutOfReach(_ delta: Int) {
        #expect(throws: ValidationError.self) { try StockAdjustment(delta: delta, note: "counted") }
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
