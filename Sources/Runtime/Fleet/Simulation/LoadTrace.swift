import Foundation
import Randomness

/// What arrives at a queue, second by second, and when the broker hands nothing out.
package struct LoadTrace: Sendable, Equatable {
    /// What traces of our own making look like.
    package enum Shape: String, Sendable, CaseIterable {
        /// A day: a fifth of the mean at four in the morning, twice as much as that at noon, the peak at eight in the evening.
        case daily
        /// Half an hour of the mean, with fifty times as much for thirty seconds.
        case flash
        /// Half an hour of the mean, in the middle of which the broker is away for two minutes.
        case pause
    }

    package let name: String
    /// Jobs that come in each second.
    package let arrivals: [Int]
    /// Seconds in which the broker hands out nothing and tells nothing.
    package let pauses: [Range<Int>]

    package init(name: String, arrivals: [Int], pauses: [Range<Int>] = []) {
        self.name = name
        self.arrivals = arrivals
        self.pauses = pauses
    }

    /// Jobs in all.
    package var jobs: Int { arrivals.reduce(0, +) }

    /// - Parameters:
    ///   - rate: the mean of the quiet time, or of the day, in jobs a second.
    ///   - factor: how many times as much a flash sale brings.
    ///   - seed: the same seed makes the same trace.
    package init(_ shape: Shape, rate: Double, factor: Double = 50, seed: UInt64 = 1) {
        var random = SplitMix64(seed: seed)
        let rates: [Double]
        var pauses: [Range<Int>] = []
        switch shape {
        case .daily: rates = (0..<86_400).map { rate * Self.share(ofDay: Double($0) / 86_400) }
        case .flash: rates = (0..<1_800).map { (607..<637).contains($0) ? rate * factor : rate }
        case .pause:
            rates = Array(repeating: rate, count: 1_800)
            pauses = [607..<727]
        }
        self.init(
            name: shape.rawValue,
            arrivals: rates.map { Self.poisson($0, using: &random) },
            pauses: pauses
        )
    }

    /// A smooth day with its mean at 1: one wave that peaks at 20:00, and a smaller one with a peak at noon.
    private static func share(ofDay time: Double) -> Double {
        1 + 0.6 * cos(2 * .pi * (time - 20.0 / 24)) + 0.25 * cos(4 * .pi * (time - 12.0 / 24))
    }

    /// How many of many independent customers come in one second (for large means by the normal distribution).
    private static func poisson(_ mean: Double, using random: inout SplitMix64) -> Int {
        if mean <= 0 { return 0 }
        if mean > 50 {
            let radius = (-2 * log(1 - Double.random(in: 0..<1, using: &random))).squareRoot()
            let normal = radius * cos(2 * .pi * Double.random(in: 0..<1, using: &random))
            return max(0, Int((mean + mean.squareRoot() * normal).rounded()))
        }
        let limit = exp(-mean)
        var count = 0
        var product = Double.random(in: 0..<1, using: &random)
        while product > limit {
            count += 1
            product *= Double.random(in: 0..<1, using: &random)
        }
        return count
    }
}

extension LoadTrace {
    /// The longest trace that is read: a week.
    static let longest = 7 * 86_400

    /// Reads a recording: lines `second,jobs` with, where the broker was away, a third field `paused`. A line holds until
    /// the next one's second, and the last line's second ends the trace. A first line without numbers is a heading.
    ///
    /// - Throws: ``LoadTraceError`` for the first bad line.
    package init(name: String, csv: String) throws(LoadTraceError) {
        var rows: [(second: Int, jobs: Int, isPaused: Bool)] = []
        for (index, line) in csv.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let fields = line.split(separator: ",", omittingEmptySubsequences: false)
                .map { $0.trimmingCharacters(in: .whitespaces) }
            if fields == [""] || (index == 0 && Int(fields[0]) == nil) { continue }
            func bad(_ problem: String) -> LoadTraceError { LoadTraceError(line: index + 1, problem: problem) }
            guard (2...3).contains(fields.count), let second = Int(fields[0]), let jobs = Int(fields[1]) else {
                throw bad("write it as second,jobs or second,jobs,paused")
            }
            guard fields.count == 2 || ["", "paused"].contains(fields[2]) else {
                throw bad("the third field is paused or empty, not '\(fields[2])'")
            }
            guard (0...Self.longest).contains(second), second > rows.last?.second ?? -1 else {
                throw bad("seconds ascend, from 0 to \(Self.longest)")
            }
            guard (0...10_000_000).contains(jobs) else { throw bad("jobs in a second are 0 to 10000000") }
            rows.append((second, jobs, fields.count == 3 && fields[2] == "paused"))
        }
        guard let last = rows.last, rows.count > 1 else {
            throw LoadTraceError(line: nil, problem: "a trace takes two lines at least")
        }
        var arrivals = Array(repeating: 0, count: last.second)
        var pauses: [Range<Int>] = []
        for (row, next) in zip(rows, rows.dropFirst()) {
            for second in row.second..<next.second { arrivals[second] = row.jobs }
            if row.isPaused { pauses.append(row.second..<next.second) }
        }
        self.init(name: name, arrivals: arrivals, pauses: pauses)
    }
}

/// What is wrong with a recorded trace, and where.
package struct LoadTraceError: Error, Equatable, CustomStringConvertible {
    /// Counted from 1; `nil` when it is the whole file's fault.
    package let line: Int?
    package let problem: String

    package var description: String { line.map { "line \($0): \(problem)" } ?? problem }
}
