import Accounts
import Foundation
import HTTPClient
import Postgres
import TestSupport
import Testing

/// The description of the API against the running API, judged by an outside client: schemathesis makes requests of the
/// description, good ones and bad ones, alone and along its links, and holds each answer against it, with every check that it
/// has. `Tests/Schemathesis` says how, and which refusals the shop's own rules explain. A suite of its own in script/test;
/// `TEST_SEED` has it make other requests.
@Suite(.timeLimit(.minutes(30))) struct SchemathesisTests {
    @Test(arguments: [Role.customer, .seller, .admin])
    func theServerAnswersAsItsDescriptionSays(role: Role) async throws {
        try await TestShop.with { shop in
            #expect(try await shop.wharf("catalog", "seed", "--products", "40").0 == 0)
            try await shop.running([.orders, .api]) {
                let accounts = try await Accounts(in: shop)
                defer { accounts.remove() }
                try await furnish(shop, accounts)
                // Two runs: what the first one has learned of the shop would only mislead the chains.
                for phases in Phases.allCases {
                    let (status, output) = try await judge(shop, as: role, accounts, phases)
                    #expect(status == 0, "\(output.suffix(20_000))")
                    let summary = output.range(of: "API Operations:").map { output[$0.lowerBound...] } ?? output[...]
                    print("schemathesis as \(role.rawValue), \(phases.rawValue):\n\(summary)")
                }
            }
        }
    }

    private enum Phases: String, CaseIterable {
        case single = "examples,coverage,fuzzing"
        case chains = "stateful"

        /// How many requests for each operation; or for how many seconds chains are made, since schemathesis ends a round of
        /// them early when a request that it repeats is answered in another way than before.
        var extent: [String] {
            switch self {
            case .single: ["--max-examples", TestEnvironment.isFull ? "100" : "20"]
            case .chains: ["--max-examples", "300", "--max-time", TestEnvironment.isFull ? "300" : "30"]
            }
        }
    }

    /// Who asks. Tokens rather than passwords: guesses at passwords come from the same address, and are throttled.
    private struct Accounts {
        let people: [(name: String, person: Person)]
        let file: URL

        init(in shop: TestShop) async throws {
            people = [
                ("customer", try await shop.person(.customer)), ("other", try await shop.person(.customer)),
                ("seller", try await shop.person(.seller)), ("admin", try await shop.person(.admin)),
            ]
            file = FileManager.default.temporaryDirectory.appending(path: "schemathesis-\(UUID().uuidString).json")
            let entries = people.map { name, person in
                ["name": name, "fixedHeaders": [["name": "Authorization", "value": "Bearer \(person.token)"]]]
                    as [String: Any]
            }
            try JSONSerialization.data(withJSONObject: ["auth": entries]).write(to: file)
        }

        func remove() { try? FileManager.default.removeItem(at: file) }
    }

    /// An order of each of them, so that lists are not empty.
    private func furnish(_ shop: TestShop, _ accounts: Accounts) async throws {
        let variant = try await shop.variant(stock: 100)
        for (_, person) in accounts.people {
            #expect(try await shop.order([(variant.id, 1)], token: person.token).status == 201)
        }
    }

    private func judge(
        _ shop: TestShop,
        as role: Role,
        _ accounts: Accounts,
        _ phases: Phases
    ) async throws -> (Int32, String) {
        let seed = ProcessInfo.processInfo.environment["TEST_SEED"] ?? "20261124"
        let process = try TestProcess(
            try TestEnvironment.value("TEST_VENV") + "/bin/schemathesis",
            [
                "--config-file", "Tests/Schemathesis/schemathesis.toml", "run", shop.apiURL + "/api/openapi.json",
                "--url", shop.apiURL, "--phases", phases.rawValue, "--seed", seed, "--no-color",
            ] + phases.extent,
            environment: [
                "PATH": "/usr/bin:/bin",
                "HOME": FileManager.default.temporaryDirectory.path,
                "PYTHONDONTWRITEBYTECODE": "1",
                "PYTHONPATH": "Tests/Schemathesis",
                "WHARF_ACCOUNT": role.rawValue,
                "WHARF_ACCOUNTS": accounts.file.path,
                "WHARF_TESTERS": accounts.people.map { String($0.person.id) }.joined(separator: ","),
                "WHARF_URL": shop.apiURL,
            ]
        )
        let status = try await process.ended(within: .seconds(1_500))
        return (status, process.output)
    }
}
