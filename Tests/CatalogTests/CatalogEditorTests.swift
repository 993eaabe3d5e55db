import Testing

@testable import Catalog

@Suite struct CatalogEditorTests {
    private func refusal(_ editor: CatalogEditor, seller: Int64?, _ status: Product.Status) -> CatalogError? {
        do throws(CatalogError) {
            try editor.mustManage(sellerID: seller, status: status)
            return nil
        } catch {
            return error
        }
    }

    @Test func sellersManageTheirOwnAndSeeWhatIsForSale() {
        let seller = CatalogEditor(userID: 7, managesAll: false)
        #expect(refusal(seller, seller: 7, .draft) == nil)
        #expect(refusal(seller, seller: 8, .active) == .notYours)
        #expect(refusal(seller, seller: 8, .draft) == .productNotFound)
        #expect(refusal(seller, seller: nil, .active) == .notYours)
        #expect(refusal(seller, seller: nil, .archived) == .productNotFound)
        #expect(seller.sellerOfNewProducts == 7)
    }

    @Test func adminsManageAll() {
        let admin = CatalogEditor(userID: 1, managesAll: true)
        for status in Product.Status.allCases { #expect(refusal(admin, seller: 8, status) == nil) }
        #expect(admin.sellerOfNewProducts == nil)
    }
}
