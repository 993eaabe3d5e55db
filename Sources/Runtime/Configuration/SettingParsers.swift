import Foundation
import Observability

/// Texts to values, and what is wrong with them.
package enum SettingParsers {
    package static func integer(
        _ range: ClosedRange<Int>
    ) -> @Sendable (String) throws(SettingProblem) -> Int {
        { text throws(SettingProblem) in
            guard let number = Int(text), range.contains(number) else {
                throw SettingProblem("it is no whole number from \(range.lowerBound) to \(range.upperBound)")
            }
            return number
        }
    }

    package static func oneOf<Value: RawRepresentable<String> & CaseIterable & SendableMetatype>(
        _: Value.Type
    ) -> @Sendable (String) throws(SettingProblem) -> Value {
        let names = Value.allCases.map(\.rawValue).joined(separator: ", ")
        return { text throws(SettingProblem) in
            guard let value = Value(rawValue: text.lowercased()) else { throw SettingProblem("it is none of \(names)") }
            return value
        }
    }

    /// A URL with a host, as text.
    package static func url(_ schemes: String...) -> @Sendable (String) throws(SettingProblem) -> String {
        { text throws(SettingProblem) in
            guard let url = URLComponents(string: text), let scheme = url.scheme?.lowercased() else {
                throw SettingProblem("it is no URL")
            }
            guard schemes.contains(scheme) else {
                throw SettingProblem("it does not begin with \(schemes.map { "\($0)://" }.joined(separator: " or "))")
            }
            guard let host = url.host, !host.isEmpty else { throw SettingProblem("it names no host") }
            if let port = url.port, !(1...65_535).contains(port) {
                throw SettingProblem("its port is not from 1 to 65535")
            }
            return text
        }
    }

    /// A broker's URL. Several hosts are allowed, so Foundation cannot read it; the AMQP client judges the rest.
    package static func amqpURL(_ text: String) throws(SettingProblem) -> String {
        guard let scheme = ["amqp://", "amqps://"].first(where: text.hasPrefix) else {
            throw SettingProblem("it does not begin with amqp:// or amqps://")
        }
        guard !text.contains(where: \.isWhitespace) else { throw SettingProblem("it holds a space") }
        for host in try hosts(of: text.dropFirst(scheme.count).prefix { $0 != "/" && $0 != "?" }) where host.isEmpty {
            throw SettingProblem("it names no host")
        }
        return text
    }

    /// A libpq URI (PostgreSQL documentation, 34.1.1.2) that names a database. Several hosts are allowed, so Foundation
    /// cannot read it; libpq itself judges the rest when it connects.
    package static func postgresURL(_ text: String) throws(SettingProblem) -> String {
        guard let scheme = ["postgres://", "postgresql://"].first(where: text.hasPrefix) else {
            throw SettingProblem("it does not begin with postgres:// or postgresql://")
        }
        guard !text.contains(where: \.isWhitespace) else { throw SettingProblem("it holds a space") }
        let rest = text.dropFirst(scheme.count)
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        _ = try hosts(of: authority)
        let database = rest.dropFirst(authority.count).dropFirst().prefix { $0 != "?" }
        guard rest.dropFirst(authority.count).hasPrefix("/"), !database.isEmpty else {
            throw SettingProblem("it names no database")
        }
        return text
    }

    /// The names of `user:password@host:port,host:port`, whose ports are checked.
    private static func hosts(of authority: Substring) throws(SettingProblem) -> [Substring] {
        let list = authority[(authority.lastIndex(of: "@").map(authority.index(after:)) ?? authority.startIndex)...]
        var hosts: [Substring] = []
        for host in list.split(separator: ",", omittingEmptySubsequences: false) {
            // The colons of an IPv6 address stand in brackets.
            guard let colon = host[(host.lastIndex(of: "]") ?? host.startIndex)...].lastIndex(of: ":") else {
                hosts.append(host)
                continue
            }
            guard let port = Int(host[host.index(after: colon)...]), (1...65_535).contains(port) else {
                throw SettingProblem("its port is not from 1 to 65535")
            }
            hosts.append(host[..<colon])
        }
        return hosts
    }

    package static func replicaURLs(_ text: String) throws(SettingProblem) -> [ReplicaURL] {
        var urls: [ReplicaURL] = []
        for url in text.split(separator: ",") { urls.append(try ReplicaURL(url.trimmingCharacters(in: .whitespaces))) }
        return urls
    }

    /// With commas between.
    package static func httpURLs(_ text: String) throws(SettingProblem) -> [String] {
        var urls: [String] = []
        for part in text.split(separator: ",") {
            urls.append(try url("http", "https")(part.trimmingCharacters(in: .whitespaces)))
        }
        return urls
    }

    /// One plain address: what the SMTP envelope takes.
    package static func emailAddress(_ text: String) throws(SettingProblem) -> String {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        let isPlain = text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !#"<>,;"()[]\"#.utf8.contains($0) }
        guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty }), isPlain else {
            throw SettingProblem("it is no e-mail address")
        }
        return text
    }

    /// A secret that travels in a header: printable ASCII without spaces.
    package static func headerValue(_ text: String) throws(SettingProblem) -> String {
        guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw SettingProblem("it holds something else than printable ASCII characters")
        }
        return text
    }

    package static func host(_ text: String) throws(SettingProblem) -> String {
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !"/@?#".utf8.contains($0) }) else {
            throw SettingProblem("it is no address and no host name")
        }
        return text
    }
}
