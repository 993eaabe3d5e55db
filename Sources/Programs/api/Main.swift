import Bootstrap
import ShopAPI

/// The shop over HTTP.
@main
struct Main {
    static func main() async {
        await Program.run("api", role: .api) { parts in
            let router = ShopAPI.router(try await ShopDependencies(parts))
            return [("http", try parts.httpServer(router))]
        }
    }
}
