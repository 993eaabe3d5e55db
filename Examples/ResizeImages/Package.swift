// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "ResizeImages",
    dependencies: [.package(name: "Wharf", path: "../..")],
    targets: [
        .target(name: "Images", dependencies: [.product(name: "Jobs", package: "Wharf")]),
        .executableTarget(
            name: "worker-images",
            dependencies: ["Images", .product(name: "JobsAMQP", package: "Wharf")]
        ),
        .executableTarget(
            name: "enqueue-images",
            dependencies: ["Images", .product(name: "JobsAMQP", package: "Wharf")]
        ),
        .testTarget(name: "ImagesTests", dependencies: ["Images", .product(name: "Jobs", package: "Wharf")]),
    ]
)
