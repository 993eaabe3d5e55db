/// Which process of a fleet serves health and metrics on which port.
///
/// The first process of each program has the base port and those behind it, in the Procfile's order. The second ones follow
/// ten ports later, the third ones twenty, and the fleet itself has the last port of the first ten: with a base of 9100,
/// worker-orders on 9103 has further processes on 9113 and 9123, and the fleet is on 9109. A Procfile with more than nine
/// programs has steps of twenty, and so on.
package struct PortPlan: Sendable, Equatable {
    package let base: Int
    /// Ports from one process of a program to its next one.
    package let step: Int

    package init(base: Int, programs: Int) {
        self.base = base
        step = (programs / 10 + 1) * 10
    }

    /// - Parameters:
    ///   - program: its place in the Procfile, from 0.
    ///   - number: which of its processes, from 1.
    package func port(program: Int, number: Int) -> Int { base + program + step * (number - 1) }

    /// Where `/fleet` and the fleet's own `/metrics` are.
    package var fleet: Int { base + step - 1 }

    /// The most processes that each program can have a port for.
    package var mostProcesses: Int { fleet > 65_535 ? 0 : (65_535 - fleet) / step + 1 }
}
