import Bootstrap
import JobsAMQP
import Orders
import ShopAPI

/// The shop over HTTP.
@main
struct Main {
    static func main() async {
        await Program.run("api", role: .api) { parts in
            let notices = try await parts.orderNotices()
            let database = try await parts.database()
            let feed = OrderEventFeed(database: database, listen: notices.listen)
            let desk = OrderDesk(
                database: database,
                outbox: try await parts.outbox(),
                feed: feed,
                didStep: notices.post
            )
            let router = ShopAPI.router(try await ShopDependencies(parts, orderDesk: desk))
            return [("order feed", feed), ("http", try parts.httpServer(router))]
        }
    }
}
