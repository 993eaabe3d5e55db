import Foundation
import Jobs

/// A grey picture, one byte for each pixel, as the format PGM has it (netpbm.sourceforge.net/doc/pgm.html): the words
/// `P5`, width, height and 255, then the pixels.
public struct Graymap {
    public let width: Int
    public let height: Int
    let pixels: Data

    public init(contentsOf file: URL) throws(GraymapError) {
        guard let data = try? Data(contentsOf: file) else { throw .unreadable }
        let parts = data.split(maxSplits: 4) { [0x20, 0x09, 0x0A, 0x0D].contains($0) }
        let words = parts.prefix(4).map { String(decoding: $0, as: UTF8.self) }
        guard parts.count == 5, words[0] == "P5", words[3] == "255",
            let width = Int(words[1]), let height = Int(words[2]),
            (1...20_000).contains(width), (1...20_000).contains(height), parts[4].count == width * height
        else { throw .malformed }
        self.init(width: width, height: height, pixels: Data(parts[4]))
    }

    public init(width: Int, height: Int, pixels: Data) {
        self.width = width
        self.height = height
        self.pixels = pixels
    }

    public var size: [Int] { [width, height] }

    public var pgm: Data { Data("P5\n\(width) \(height)\n255\n".utf8) + pixels }

    /// The same picture in another width, each pixel taken from its nearest neighbour.
    public func scaled(toWidth newWidth: Int) -> Graymap {
        let newHeight = max(1, height * newWidth / width)
        var scaled = Data(capacity: newWidth * newHeight)
        for y in 0..<newHeight {
            let row = y * height / newHeight * width
            for x in 0..<newWidth { scaled.append(pixels[row + x * width / newWidth]) }
        }
        return Graymap(width: newWidth, height: newHeight, pixels: scaled)
    }
}

/// Why there is no picture, and what that means for the job that asked for it.
public enum GraymapError: JobFailure {
    case unreadable
    case malformed

    public var outcome: Outcome {
        switch self {
        case .unreadable: .retry(reason: "the file cannot be read")
        case .malformed: .reject(reason: "the file is no PGM picture")
        }
    }
}
