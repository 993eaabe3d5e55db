import Catalog
import Foundation
import HTTPServer
import Validation

/// Reads a query string and collects what is wrong with it, so that the client hears of all of it at once.
struct QueryReader {
    let items: QueryItems
    var validator = Validator()

    init(_ items: QueryItems) { self.items = items }

    /// `nil` when something was wrong; `checked` then throws.
    mutating func filter() -> ProductFilter? {
        let category = slug("category")
        let brand = slug("brand")
        let tags = items.all("tag")
        let attributes = attributes()
        let minimum = integer("min_price")
        let maximum = integer("max_price")
        let inStock = boolean("in_stock")
        return collect { () throws(ValidationError) in
            try ProductFilter(
                category: category,
                brand: brand,
                tags: tags,
                attributes: attributes,
                minimumPrice: minimum,
                maximumPrice: maximum,
                inStock: inStock
            )
        }
    }

    /// `nil` when something was wrong; `checked` then throws.
    mutating func page() -> PageRequest? {
        let number = integer("page") ?? 1
        let size = integer("page_size") ?? 20
        return collect { () throws(ValidationError) in
            try PageRequest(number: Int(number), size: Int(size))
        }
    }

    mutating func choice<Choice: RawRepresentable & CaseIterable>(_ name: String, _: Choice.Type) -> Choice?
    where Choice.RawValue == String {
        guard let text = items.first(name) else { return nil }
        let choice = Choice(rawValue: text)
        let known = Choice.allCases.map(\.rawValue).joined(separator: ", ")
        validator.require(choice != nil, name, "must be one of \(known)")
        return choice
    }

    /// - Throws: everything that was wrong so far.
    func checked<Value>(_ value: Value?) throws(ValidationError) -> Value {
        try validator.finish()
        guard let value else { throw ValidationError([]) }
        return value
    }

    mutating func integer(_ name: String, in range: ClosedRange<Int64>) -> Int64? {
        guard let number = integer(name) else { return nil }
        validator.require(range.contains(number), name, "must be from \(range.lowerBound) to \(range.upperBound)")
        return number
    }

    mutating func integer(_ name: String) -> Int64? {
        guard let text = items.first(name) else { return nil }
        let number = Int64(text)
        validator.require(number != nil, name, "must be an integer")
        return number
    }

    /// A part of a text to look for, trimmed.
    mutating func text(_ name: String, length: ClosedRange<Int>) -> String? {
        items.first(name).map { validator.line($0, name, length: length) }
    }

    mutating func id(_ name: String) -> Int64? {
        guard let text = items.first(name) else { return nil }
        let id = WireID(text)
        validator.require(id != nil, name, "must be an id")
        return id?.value
    }

    mutating func boolean(_ name: String) -> Bool? {
        guard let text = items.first(name) else { return nil }
        let flag = Bool(text)
        validator.require(flag != nil, name, "must be true or false")
        return flag
    }

    /// `attribute=size:M&attribute=size:L`.
    private mutating func attributes() -> [String: Set<String>] {
        var attributes: [String: Set<String>] = [:]
        for text in items.all("attribute") {
            let line = validator.line(text, "attribute", length: 1...251)
            if let (name, value) = AttributeText.parse(line) {
                attributes[name, default: []].insert(value)
            } else {
                validator.require(false, "attribute", "must be a name and a value such as size:M")
            }
        }
        return attributes
    }

    private mutating func slug(_ name: String) -> String? {
        guard let text = items.first(name) else { return nil }
        validator.require(Slug.isValid(text), name, "must be a slug")
        return text
    }

    mutating func collect<Value>(_ make: () throws(ValidationError) -> Value) -> Value? {
        do throws(ValidationError) {
            return try make()
        } catch {
            for field in error.fields { validator.require(false, field.field, field.message) }
            return nil
        }
    }
}
