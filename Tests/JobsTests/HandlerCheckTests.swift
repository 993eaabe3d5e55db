import Testing
import Topology

@testable import Jobs

@Suite struct HandlerCheckTests {
    private func check(_ names: String..., bindings: [String] = ["image.resize", "image.crop.bulk"]) throws
        -> HandlerCheck
    {
        HandlerCheck(queue: try QueueDefinition(name: "q", bindings: bindings), jobNames: names)
    }

    @Test func oneHandlerForEachBoundJobIsFine() throws {
        let check = try check("image.resize", "image.crop")
        #expect(check.ambiguous.isEmpty)
        #expect(check.unbound.isEmpty)
    }

    @Test func aJobWithTwoHandlersIsNamedOnce() throws {
        #expect(try check("image.crop", "image.resize", "image.crop", "image.crop").ambiguous == ["image.crop"])
    }

    @Test func aMisspeltJobIsBoundToNothing() throws {
        #expect(try check("image.resized", "image.resize").unbound == ["image.resized"])
        // A lane is a word of its own: this binding brings another job.
        #expect(try check("image.res").unbound == ["image.res"])
    }
}
