import Catalog
import Foundation
import HTTPServer
import TestSupport
import Testing

@testable import ShopAPI

@Suite struct OpenAPITests {
    /// Clients are written from the description: a route that it lacks is unknown, one that it invents is a 404.
    @Test func theDescriptionHasTheRoutesOfTheRouters() async throws {
        var router = ShopAPI.router(try await ShopDependencies.unconnected())
        router.addHealth(Readiness())
        router.addMetrics()
        let routed = Set(router.routes.map { "\($0.method.rawValue) \($0.template)" })
        let described = Set(try Description().operations.map(\.name))

        #expect(routed.subtracting(described).sorted() == [], "not in docs/openapi.yaml")
        #expect(described.subtracting(routed).sorted() == [], "in docs/openapi.yaml, but no route")
    }

    /// Who may use a route stands beside it; the description says the same.
    @Test func eachOperationSaysWhoMayUseIt() async throws {
        let operations = try Description().operations
        for route in ShopAPI.routes(try await ShopDependencies.unconnected()).declarations {
            let name = "\(route.method.rawValue) \(route.template)"
            let operation = try #require(operations.first { $0.name == name }, "\(name)")
            let schemes = operation.security
            if route.permission == .anyone {
                #expect(schemes == [], "\(name) is for anyone")
            } else {
                #expect(schemes.contains("accessToken"), "\(name) needs a token")
                #expect(operation.statuses.contains("401"), "\(name) has no 401")
            }
            switch route.permission {
            case .roles, .rolesOwning: #expect(operation.statuses.contains("403"), "\(name) has no 403")
            case .owner, .ownerOrTicket: #expect(operation.statuses.contains("404"), "\(name) has no 404")
            case .anyone, .signedIn: break
            }
        }
    }

    @Test func eachOperationIsWhole() throws {
        let description = try Description()
        let operations = description.operations
        let identifiers = operations.compactMap { $0.value["operationId"]?.string }
        #expect(identifiers.count == operations.count && Set(identifiers).count == identifiers.count)
        for operation in operations {
            let name = operation.name
            #expect(operation.value["summary"]?.string?.isEmpty == false, "\(name) has no summary")
            #expect(operation.value["tags"]?.elements.count == 1, "\(name) has not one tag")
            #expect(operation.statuses.contains { $0.hasPrefix("2") }, "\(name) has no answer that is none of errors")
            let named = Set(
                operation.path.split(separator: "/").filter { $0.hasPrefix("{") }.map { $0.dropFirst().dropLast() }
            )
            let given = description.parameters(of: operation).filter { $0["in"]?.string == "path" }
            #expect(Set(given.compactMap { $0["name"]?.string.map { $0[...] } }) == named, "\(name): path parameters")
            if let media = operation.value["requestBody"]?["content"]?["application/json"] {
                // Stripe's body is checked as bytes, by its signature.
                let isDecoded = operation.path != "/api/payments/stripe/webhook"
                let has = operation.statuses.isSuperset(of: ["415", "422"])
                #expect(has || !isDecoded, "\(name) takes JSON, and has no 415 or 422")
                #expect(media["example"] != nil || media["examples"] != nil, "\(name) has no example of its body")
            }
        }
    }

    /// Whatever goes wrong, the client reads the same members.
    @Test func eachErrorIsAProblem() throws {
        let description = try Description()
        let required = Set(["type", "title", "status", "instance", "request_id"])
        for operation in description.operations where operation.name != "GET /health/ready" {
            for member in operation.value["responses"]?.members ?? [] where member.key >= "400" {
                let answer = description.resolve(member.value)
                let content = answer["content"]?["application/problem+json"]
                let problem = try #require(content, "\(operation.name) \(member.key) is no problem")
                #expect(
                    description.required(by: problem["schema"]).isSuperset(of: required),
                    "\(operation.name) \(member.key)"
                )
            }
        }
    }

    /// What middleware answers on every route is written once, and stands in each operation that programs read.
    @Test func theDocumentHasTheCommonAnswersInEachOperation() throws {
        let json = try APIDocument(directory: "docs").json
        let document = try #require(try JSONSerialization.jsonObject(with: Data(json)) as? [String: Any])
        let paths = try #require(document["paths"] as? [String: [String: Any]])
        for operation in try Description().operations {
            let value = try #require(paths[operation.path]?[operation.method] as? [String: Any])
            let statuses = Set(try #require(value["responses"] as? [String: Any]).keys)
            let common: Set = operation.path.hasPrefix("/api/") ? ["400", "406", "429", "431"] : []
            #expect(statuses == operation.statuses.union(common), "\(operation.name)")
        }
    }

    /// A link names an operation, and what it fills of it.
    @Test func everyLinkLeadsToAnOperation() throws {
        let description = try Description()
        let operations = description.operations
        var count = 0
        for operation in operations {
            for answer in operation.value["responses"]?.members ?? [] {
                for link in answer.value["links"]?.members ?? [] {
                    count += 1
                    let name = "\(operation.name) \(answer.key) \(link.key)"
                    let target = operations.first { $0.value["operationId"] == link.value["operationId"] }
                    guard let target else {
                        Issue.record("\(name) leads nowhere")
                        continue
                    }
                    let known = Set(description.parameters(of: target).compactMap { $0["name"]?.string })
                    #expect(known.isSuperset(of: (link.value["parameters"]?.members ?? []).map(\.key)), "\(name)")
                    #expect(link.value["requestBody"] == nil || target.value["requestBody"] != nil, "\(name)")
                }
            }
        }
        #expect(count > 50)
    }

    /// The description lists what the shop knows.
    @Test func theDescriptionHasTheCurrencies() throws {
        let codes =
            try Description().target(of: "#/components/schemas/Currency")?["enum"]?.elements.compactMap(\.string) ?? []
        #expect(codes.count == Currency.codes.count && Set(codes) == Currency.codes)
    }

    @Test func everyReferenceLeadsSomewhere() throws {
        let description = try Description()
        let references = description.references
        #expect(references.count > 50)
        for reference in Set(references) {
            #expect(description.target(of: reference) != nil, "\(reference) leads nowhere")
        }
    }
}
