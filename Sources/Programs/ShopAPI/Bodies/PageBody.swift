import Validation

/// Every list of the API.
struct PageBody<Item: Encodable>: Encodable {
    let count: Int
    let page: Int
    let pageSize: Int
    let results: [Item]

    private enum CodingKeys: String, CodingKey {
        case count, page
        case pageSize = "page_size"
        case results
    }

    init<Element>(_ page: Page<Element>, _ item: (Element) -> Item) {
        count = page.count
        self.page = page.request.number
        pageSize = page.request.size
        results = page.results.map(item)
    }
}
