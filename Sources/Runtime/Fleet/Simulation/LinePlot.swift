import Foundation

/// Panels of lines over one axis of time, as SVG 1.1.
package struct LinePlot: Sendable {
    package struct Line: Sendable {
        package let name: String
        package let points: [(x: Double, y: Double)]

        package init(_ name: String, _ points: [(x: Double, y: Double)]) {
            self.name = name
            self.points = points
        }
    }

    package struct Panel: Sendable {
        package let title: String
        package let lines: [Line]
        /// A line across the panel, such as a target.
        package let mark: Double?

        package init(_ title: String, _ lines: [Line], mark: Double? = nil) {
            self.title = title
            self.lines = lines
            self.mark = mark
        }
    }

    private static let colours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"]
    private static let width = 900.0
    private static let left = 70.0
    private static let right = 20.0
    private static let panelHeight = 170.0
    private static let gap = 68.0
    /// More points than this on one line cannot be told apart.
    private static let mostPoints = 1_200

    private let title: String
    private let panels: [Panel]
    private let lastX: Double

    package init(title: String, _ panels: [Panel]) {
        self.title = title
        self.panels = panels
        lastX = panels.flatMap(\.lines).compactMap { $0.points.last?.x }.max() ?? 1
    }

    package func svg() -> String {
        let height = 40 + Double(panels.count) * (Self.panelHeight + Self.gap)
        var text = """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(Self.number(Self.width)) \(Self.number(height))" \
            font-family="sans-serif" font-size="12">
            <rect width="100%" height="100%" fill="white"/>
            <text x="\(Self.number(Self.left))" y="22" font-size="15">\(Self.escaped(title))</text>

            """
        for (index, panel) in panels.enumerated() {
            text += draw(panel, top: 62 + Double(index) * (Self.panelHeight + Self.gap))
        }
        return text + "</svg>\n"
    }

    private func draw(_ panel: Panel, top: Double) -> String {
        let highest = max(panel.lines.flatMap { $0.points.map(\.y) }.max() ?? 0, panel.mark ?? 0)
        let steps = Self.steps(to: highest)
        let most = max(steps.last ?? 1, highest)
        let bottom = top + Self.panelHeight
        func y(_ value: Double) -> String { Self.number(bottom - value / most * Self.panelHeight) }
        func x(_ value: Double) -> String { Self.number(x: value, last: lastX) }
        let end = Self.number(Self.width - Self.right)
        var text =
            "<text x=\"\(Self.number(Self.left))\" y=\"\(Self.number(top - 8))\">\(Self.escaped(panel.title))</text>\n"
        for step in steps {
            text += """
                <line x1="\(Self.number(Self.left))" x2="\(end)" y1="\(y(step))" y2="\(y(step))" stroke="#ddd"/>
                <text x="\(Self.number(Self.left - 8))" y="\(y(step))" dy="4" text-anchor="end">\(Self.number(step))</text>

                """
        }
        for step in Self.steps(to: lastX) {
            text += """
                <text x="\(x(step))" y="\(Self.number(bottom + 16))" text-anchor="middle">\(Self.number(step)) s</text>

                """
        }
        if let mark = panel.mark {
            text += """
                <line x1="\(Self.number(Self.left))" x2="\(end)" y1="\(y(mark))" y2="\(y(mark))" stroke="#888" \
                stroke-dasharray="6 4"/>

                """
        }
        var legend = Self.left
        for (index, line) in panel.lines.enumerated() {
            let colour = Self.colours[index % Self.colours.count]
            let points = Self.thinned(line.points).map { "\(x($0.x)),\(y($0.y))" }.joined(separator: " ")
            text += """
                <polyline points="\(points)" fill="none" stroke="\(colour)" stroke-width="1.5"/>
                <text x="\(Self.number(legend))" y="\(Self.number(bottom + 34))" fill="\(colour)">\
                \(Self.escaped(line.name))</text>

                """
            legend += Double(line.name.count) * 7 + 24
        }
        return text
    }

    /// Of each stretch of points the highest, since a peak is what a plot is looked at for.
    private static func thinned(_ points: [(x: Double, y: Double)]) -> [(x: Double, y: Double)] {
        guard points.count > mostPoints else { return points }
        let stretch = (points.count + mostPoints - 1) / mostPoints
        return stride(from: 0, to: points.count, by: stretch).compactMap { start in
            points[start..<min(start + stretch, points.count)].max { $0.y < $1.y }
        }
    }

    /// Round numbers from nought up to about `highest`, four to eight of them.
    static func steps(to highest: Double) -> [Double] {
        guard highest > 0, highest.isFinite else { return [0, 1] }
        let power = pow(10, log10(highest / 8).rounded(.down))
        let step = [1, 2, 5, 10].map { $0 * power }.first { highest / $0 <= 8 } ?? highest
        return steps(by: step, to: highest)
    }

    private static func steps(by step: Double, to highest: Double) -> [Double] {
        (0...Int((highest / step + 1e-9).rounded(.down))).map { Double($0) * step }
    }

    private static func number(x value: Double, last: Double) -> String {
        number(left + value / last * (width - left - right))
    }

    /// With two digits behind the point at most.
    private static func number(_ value: Double) -> String {
        let hundredths = Int((value * 100).rounded())
        if hundredths % 100 == 0 { return String(hundredths / 100) }
        return String(Double(hundredths) / 100)
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
    }
}
