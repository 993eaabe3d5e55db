package import Jobs

/// Everything that the shop's programs publish, for tools that compare it with the queue files.
package enum ShopRouting {
    /// No job's name is another one's and one more word: that would be a lane of the other.
    package static let jobs: [any Job.Type] = [
        ProcessOrder.self, ProcessPayment.self, SendOrderMail.self, SendAccountMail.self, IndexProduct.self,
        ExpireOrders.self,
        PruneShop.self,
    ]

    /// Names of jobs, and lanes that are in use.
    package static let keys =
        jobs.map { $0.name } + [
            JobLane.urgent.routingKey(of: ProcessOrder.name), JobLane.bulk.routingKey(of: SendOrderMail.name),
        ]
}
