/// Waits until `condition` holds.
/// - Parameter pause: between two looks; a longer one for a look that costs something.
/// - Throws: `NeverCame` after the deadline.
package func eventually(
    _ what: String,
    within deadline: Duration = .seconds(60),
    every pause: Duration = .milliseconds(5),
    _ condition: () async throws -> Bool
) async throws {
    let end = ContinuousClock.now + deadline
    while try await !condition() {
        if ContinuousClock.now > end { throw NeverCame(what: what, deadline: deadline) }
        // What other processes do cannot be awaited; asking without a pause would take the cores that they need.
        try await Task.sleep(for: pause)
    }
}

package struct NeverCame: Error, CustomStringConvertible {
    let what: String
    let deadline: Duration
    package var description: String { "within \(deadline) it never came: \(what)" }
}
