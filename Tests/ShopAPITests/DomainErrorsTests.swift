import Accounts
import Catalog
import Crypto
import HTTPServer
import Observability
import Orders
import Testing
import Validation

@testable import ShopAPI

@Suite struct DomainErrorsTests {
    private func problem(_ error: any Error) -> Problem? {
        DomainErrors.problem(for: error, Logger(label: "test"))
    }

    @Test(
        arguments: [
            (ValidationError("email", "must not be empty"), 422), (AccountError.emailTaken, 409),
            (AccountError.wrongCredentials, 401), (AccountError.refreshRefused, 401),
            (CatalogError.productNotFound, 404),
            (CatalogError.slugTaken, 409), (CatalogError.skuTaken, 409), (CatalogError.unknownCategory, 422),
            (OrderError.inFlight, 409), (OrderError.keyReused, 422), (OrderError.unknownVariants([1]), 422),
            (OrderError.mixedCurrencies(["EUR", "GBP"]), 422), (CryptoError.busy, 503),
        ] as [(any Error, Int)]
    )
    func eachHasItsStatus(_ error: any Error, _ status: Int) {
        #expect(problem(error)?.status == status)
    }

    @Test func aShortageNamesItsSKUs() throws {
        let short = [OrderError.Shortage(sku: "M-1", requested: 3, available: 1)]
        let problem = try #require(self.problem(OrderError.insufficientStock(short)))
        #expect(problem.status == 409)
        #expect(problem.type == "/problems/insufficient-stock")
        #expect(problem.detail?.contains("M-1") == true)
        #expect(problem.extensions["short"] as? [OrderError.Shortage] == short)
    }

    @Test func whatIsOurOwnFaultStaysUnnamed() {
        struct Surprise: Error {}
        #expect(problem(Surprise()) == nil)
    }
}
