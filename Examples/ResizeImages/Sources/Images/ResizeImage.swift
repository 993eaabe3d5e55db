import Foundation
import Jobs

/// Asks for a thumbnail beside a picture.
public struct ResizeImage: Job {
    public static let name = "images.resize"
    let file: String
    let width: Int

    public init(file: String, width: Int) { (self.file, self.width) = (file, width) }
}

/// Idempotent by state: run twice, it writes the same bytes to the same place.
public struct ResizeImageHandler: JobHandler {
    let folder: URL
    let publisher: any JobPublisher

    public init(folder: URL, publisher: any JobPublisher) { (self.folder, self.publisher) = (folder, publisher) }

    public func handle(_ job: ResizeImage, context: JobContext) async throws -> Outcome {
        guard !job.file.contains("/"), (1...2_000).contains(job.width) else { return .reject(reason: "bad payload") }
        let picture = try Graymap(contentsOf: folder.appending(path: job.file))
        let thumbnail = "\(job.width).\(job.file)"
        try picture.scaled(toWidth: job.width).pgm.write(to: folder.appending(path: thumbnail), options: .atomic)
        try await publisher.publish(JobEnvelope(CatalogImage(file: thumbnail)))
        return .done
    }
}
