import Testing
import Validation

@testable import Catalog

@Suite struct CategoryTreeTests {
    /// home → (garden → lights → lanterns, kitchen), toys
    private let tree = CategoryTree([
        Category(id: 1, parentID: nil, slug: "home", name: "Home", position: 0),
        Category(id: 2, parentID: 1, slug: "garden", name: "Garden", position: 0),
        Category(id: 3, parentID: 2, slug: "lights", name: "Lights", position: 0),
        Category(id: 4, parentID: 3, slug: "lanterns", name: "Lanterns", position: 0),
        Category(id: 5, parentID: 1, slug: "kitchen", name: "Kitchen", position: 1),
        Category(id: 6, parentID: nil, slug: "toys", name: "Toys", position: 1),
    ])

    private func category(_ slug: String) throws -> Catalog.Category { try #require(tree.category(slug: slug)) }

    @Test func knowsWhatIsAboveAndBelow() throws {
        #expect(tree.path(to: try category("lanterns")).map(\.slug) == ["home", "garden", "lights", "lanterns"])
        #expect(tree.children(of: try category("home")).map(\.slug) == ["garden", "kitchen"])
        #expect(tree.subtree(of: try category("garden")) == [2, 3, 4])
        #expect(tree.subtree(of: try category("toys")) == [6])
    }

    @Test func nothingMovesBelowItself() throws {
        #expect(try tree.parent(slug: "kitchen", for: category("garden")).id == 5)
        for below in ["garden", "lights", "lanterns"] {
            #expect(throws: ValidationError.self) { try tree.parent(slug: below, for: category("garden")) }
        }
        #expect(throws: ValidationError.self) { try tree.parent(slug: "attic") }
    }

    @Test func theTreeHasAnEnd() throws {
        let chain = CategoryTree(
            (1...10).map {
                Category(id: $0, parentID: $0 > 1 ? $0 - 1 : nil, slug: "c\($0)", name: "C", position: 0)
            }
        )
        #expect(try chain.parent(slug: "c9").id == 9)
        #expect(throws: ValidationError.self) { try chain.parent(slug: "c10") }
        let second = try #require(chain.category(slug: "c2"))
        #expect(try chain.parent(slug: "c1", for: second).id == 1)
    }
}
