import Foundation
import Images
import WorkerProgram

await WorkerProgram.run("worker-images") { program in
    let folder = URL(filePath: ProcessInfo.processInfo.environment["IMAGES_DIRECTORY"] ?? "images")
    let resize = ResizeImageHandler(folder: folder, publisher: program.broker)
    return [
        ("catalog", try program.worker(of: CatalogImage.name, batchHandlers: [CatalogImageHandler(folder: folder)])),
        ("resize", try program.worker(of: ResizeImage.name, handlers: [resize])),
    ]
}
