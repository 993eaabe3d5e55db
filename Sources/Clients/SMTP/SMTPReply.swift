/// The reply of a server that decided a conversation (RFC 5321 section 4.2), such as `550 5.1.1 no such user`.
struct SMTPReply: Hashable, Sendable {
    let code: Int
    /// The code's refinement (RFC 3463), such as `5.1.1`, where the server gives one.
    let enhancedCode: String?
    /// The words after the codes, lines joined. May name a recipient.
    let text: String

    /// - Parameter lines: the whole conversation's reply lines; a reply's lines but its last have a "-" behind the code.
    ///   The answer to the QUIT that libcurl sends after a refusal (221) decided nothing.
    init?(lastOf lines: [String]) {
        let lines = Array(lines.reversed().drop { $0.hasPrefix("221") }.reversed())
        guard let last = lines.last, let code = Int(last.prefix(3)), last.prefix(3).utf8.count == 3 else { return nil }
        let continuation = last.prefix(3) + "-"
        let earlier = lines.dropLast().reversed().prefix { $0.hasPrefix(continuation) }.reversed()
        let texts = (earlier + [last]).map { $0.dropFirst(4) }
        self.code = code
        enhancedCode = texts.last?.split(separator: " ").first.flatMap { word in
            let numbers = word.split(separator: ".", omittingEmptySubsequences: false)
            return numbers.count == 3 && numbers.allSatisfy { Int($0) != nil } ? String(word) : nil
        }
        text = texts.joined(separator: " ")
    }
}
