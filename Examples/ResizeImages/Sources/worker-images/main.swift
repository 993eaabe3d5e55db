import Foundation
import Images
import WorkerProgram

await WorkerProgram.run("worker-images") { program in
    let folder = URL(filePath: ProcessInfo.processInfo.environment["IMAGES_DIRECTORY"] ?? "images")
    return try await program.workers(
        handlers: [ResizeImageHandler(folder: folder, publisher: program.broker)],
        batchHandlers: [CatalogImageHandler(folder: folder)]
    )
}
