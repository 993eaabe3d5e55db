import Foundation
import Jobs
import Outbox
import Testing
import Topology

@testable import Schedule

@Suite struct ScheduleFileTests {
    private func load(_ files: [String: String]) throws -> [ScheduleEntry] {
        let directory = FileManager.default.temporaryDirectory.appending(path: "schedules-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        for (name, text) in files { try Data(text.utf8).write(to: directory.appending(path: name)) }
        do throws(ScheduleError) {
            return try ScheduleFiles.load(directory: directory.path)
        } catch {
            // The folder's name is by chance.
            throw ScheduleError(
                file: error.file.map { URL(filePath: $0).lastPathComponent },
                field: error.field,
                error.problem
            )
        }
    }

    private func file(_ changes: (inout [String: String?]) -> Void = { _ in }) -> String {
        var fields: [String: String?] = [
            "name": #""a.b""#, "cron": #""*/5  * * * mon""#, "job": #""a.job""#,
            "body": #"{"z":[1,2.5,null,true],"a":"é/\""}"#, "lane": #""bulk""#, "catch_up": #""none""#,
            "enabled": "true",
        ]
        changes(&fields)
        return "{" + fields.compactMap { key, value in value.map { "\"\(key)\": \($0)" } }.joined(separator: ",") + "}"
    }

    @Test func aFileBecomesAnEntryAndAJob() throws {
        let entry = try #require(try load(["a.b.json": file(), "notes.txt": "no entry"]).first)
        #expect(entry.cron == "*/5 * * * mon")
        #expect(entry.catchUp == .none)
        #expect(entry.isEnabled)
        let job = try entry.run(at: Date(timeIntervalSince1970: 0)).envelope
        #expect(job.name == "a.job")
        #expect(job.routingKey == "a.job.bulk")
        #expect(String(decoding: job.body, as: UTF8.self) == #"{"a":"é/\"","z":[1,2.5,null,true]}"#)
        #expect(job.idempotencyKey == "a.b@1970-01-01T00:00:00Z")
        #expect(job.correlationID == "schedule:a.b")
        #expect(try entry.run(at: nil).envelope.id != job.id)
    }

    @Test(arguments: [
        ("cron", #""61 * * * *""#, "minute: \"61\" is no number from 0 to 59"),
        ("cron", "5", "must be a string"),
        ("job", #""a job""#, "must be words of a-z, 0-9 and _ joined by dots, not \"a job\""),
        ("name", #""A""#, "must be words of a-z, 0-9 and _ joined by dots, not \"A\""),
        ("name", #""c""#, "is \"c\", but a file is named after its entry"),
        ("body", "[]", "must be an object"),
        ("lane", #""x.y""#, "must be one word of a-z, 0-9 and _, not \"x.y\""),
        ("catch_up", #""all""#, "must be \"one\" or \"none\", not \"all\""),
        ("enabled", nil, "is missing"),
        ("body", nil, "is missing"),
        ("catchup", "1", "no such field; known: body, catch_up, cron, enabled, job, lane, name"),
    ])
    func whatIsWrongIsNamed(_ field: String, _ value: String?, _ problem: String) {
        let text = file { $0[field] = .some(value) }
        #expect(throws: ScheduleError(file: "a.b.json", field: field, problem)) { try load(["a.b.json": text]) }
    }

    @Test func whatIsNoJSONIsSaidSo() {
        #expect(throws: ScheduleError(file: "a.json", "is not valid JSON")) { try load(["a.json": "{"]) }
    }

    @Test func thereMayBeNone() throws { #expect(try load([:]).isEmpty) }

    @Test func aMissingFolderIsNamed() {
        #expect(throws: ScheduleError(file: "/nowhere", "cannot be read as a directory of schedule files")) {
            try ScheduleFiles.load(directory: "/nowhere")
        }
    }

    /// A job that no queue takes would wait in the outbox for ever.
    @Test func theShopsEntriesHaveQueues() throws {
        let topology = try Topology.load(directory: "queues")
        let bindings = Set(topology.queues.flatMap(\.bindings))
        for entry in try ScheduleFiles.load(directory: "schedules") {
            let key = try entry.run(at: nil).envelope.routingKey
            #expect(bindings.contains(key), "\(entry.name) goes to \(key)")
        }
    }
}
