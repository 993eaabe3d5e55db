import Testing

@testable import Catalog

@Suite struct SlugTests {
    @Test(arguments: [
        ("Café Crème, 250 g", "cafe-creme-250-g"), ("  Traveller's  Mug ", "travellers-mug"), ("85123A", "85123a"),
        ("---", ""), ("Größe XL", "grosse-xl"), ("日本茶", "ri-ben-cha"), ("A_B/C", "a-b-c"),
    ])
    func writesNamesAsAddresses(_ text: String, _ slug: String) {
        #expect(Slug.make(text) == slug)
        #expect(Slug.make(text).isEmpty || Slug.isValid(Slug.make(text)))
    }

    @Test func endsAtTheLimitOnAWord() {
        let slug = Slug.make(String(repeating: "ab ", count: 100))
        #expect(slug.count <= Slug.maximumLength)
        #expect(Slug.isValid(slug))
    }

    @Test(arguments: ["", "-a", "a-", "A", "a b", "ä", "a/b", String(repeating: "a", count: 121)])
    func refusesWhatIsNoSlug(_ text: String) {
        #expect(!Slug.isValid(text))
    }
}
