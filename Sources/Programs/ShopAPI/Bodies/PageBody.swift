import Catalog

/// Every list of the API.
struct PageBody<Item: Encodable>: Encodable {
    let count: Int
    let page: Int
    let pageSize: Int
    let results: [Item]

    init<Element>(_ page: Page<Element>, _ item: (Element) -> Item) {
        count = page.count
        self.page = page.request.number
        pageSize = page.request.size
        results = page.results.map(item)
    }
}
