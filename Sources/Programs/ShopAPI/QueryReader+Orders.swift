import Catalog
import Foundation
import HTTPServer
import Orders
import Validation

extension QueryReader {
    /// What customers may ask of their own orders.
    mutating func customerOrderFilter(userID: Int64) -> OrderFilter? {
        var filter = OrderFilter()
        filter.userID = userID
        filter.statuses = choices("status", Order.Status.self)
        return checked(times: filter)
    }

    /// What staff may ask of everybody's.
    mutating func staffOrderFilter() -> OrderFilter? {
        var filter = OrderFilter()
        filter.statuses = choices("status", Order.Status.self)
        filter.paymentStatuses = choices("payment_status", Order.PaymentStatus.self)
        filter.customer = text("customer", length: 1...254)
        filter.number = text("number", length: 1...20)
        filter.minimumTotal = integer("min_total")
        filter.maximumTotal = integer("max_total")
        filter.sku = text("sku", length: 1...100)
        return checked(times: filter)
    }

    private mutating func checked(times filter: OrderFilter) -> OrderFilter? {
        var filter = filter
        filter.placedFrom = time("placed_from")
        filter.placedBefore = time("placed_before")
        return collect { [filter] () throws(ValidationError) in try filter.validated() }
    }

    /// Several values, separated by commas or in items of their own; none of them means any.
    private mutating func choices<Choice: RawRepresentable & CaseIterable>(_ name: String, _: Choice.Type) -> [Choice]
    where Choice.RawValue == String {
        let texts = items.all(name).flatMap { $0.split(separator: ",", omittingEmptySubsequences: false) }
        let known = Choice.allCases.map(\.rawValue).joined(separator: ", ")
        let choices = texts.map { Choice(rawValue: String($0)) }
        validator.require(!choices.contains { $0 == nil }, name, "must be one or more of \(known)")
        return choices.compactMap(\.self)
    }

    mutating func time(_ name: String) -> Date? {
        guard let text = items.first(name) else { return nil }
        let time = JSONCoding.time(text)
        validator.require(time != nil, name, "must be a time such as 2026-11-24T00:00:00Z")
        validator.time(time, name)
        return time
    }
}
