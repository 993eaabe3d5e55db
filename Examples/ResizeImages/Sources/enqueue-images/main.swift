// enqueue-images WIDTH FILE…: asks for thumbnails.
import Foundation
import Images
import Jobs
import JobsAMQP

func fail(_ sentence: String) -> Never {
    FileHandle.standardError.write(Data("enqueue-images: \(sentence)\n".utf8))
    exit(1)
}

let words = CommandLine.arguments.dropFirst()
guard let width = words.first.flatMap({ Int($0) }) else { fail("usage: enqueue-images WIDTH FILE…") }
guard let url = ProcessInfo.processInfo.environment["AMQP_URL"] else { fail("AMQP_URL is not set") }
do {
    try await AMQPBroker.withConnection(url: url, application: "enqueue-images") { broker in
        for file in words.dropFirst() { try await broker.publish(JobEnvelope(ResizeImage(file: file, width: width))) }
    }
    print("enqueued \(words.count - 1)")
} catch {
    fail("\(error)")
}
