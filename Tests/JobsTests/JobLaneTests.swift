import Testing

@testable import Jobs

@Suite struct JobLaneTests {
    private struct Resize: Job {
        static let name = "image.resize"
    }

    @Test func aLaneIsTheRoutingKeysLastWord() throws {
        #expect(try JobEnvelope(Resize()).routingKey == "image.resize")
        let urgent = try JobEnvelope(Resize(), lane: .urgent)
        #expect(urgent.name == "image.resize")
        #expect(urgent.routingKey == "image.resize.urgent")
        #expect(urgent.messageHeaders[JobHeader.originalRoutingKey] == "image.resize.urgent")
    }

    @Test(arguments: ["bulk", "eu_west_1", "0"])
    func oneWordIsALane(_ word: String) { #expect(JobLane(rawValue: word)?.description == word) }

    @Test(arguments: ["", "a.b", "Bulk", "a b", "*", "#", "ä", "a-b"])
    func whatCouldRouteElsewhereIsNone(_ text: String) { #expect(JobLane(rawValue: text) == nil) }
}
