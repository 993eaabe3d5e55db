import Jobs

/// Asks for rows that have served their purpose to be deleted.
package struct PruneShop: Job, Equatable {
    package static let name = "shop.prune"

    package init() {}
}
