extension Problem {
    /// 400: the request cannot be read.
    public static func badRequest(_ detail: String) -> Problem {
        Problem(status: 400, slug: "bad-request", title: "The request is malformed", detail: detail)
    }

    /// 401 with the challenge that RFC 9110 §11.6.1 requires.
    public static func unauthorized(_ detail: String, challenge: String = "Bearer") -> Problem {
        Problem(
            status: 401,
            slug: "unauthorized",
            title: "Authentication is required",
            detail: detail,
            headers: ["WWW-Authenticate": challenge]
        )
    }

    /// 403: we know who asks, and he may not.
    public static func forbidden(_ detail: String) -> Problem {
        Problem(status: 403, slug: "forbidden", title: "This is not allowed", detail: detail)
    }

    /// 404: there is nothing here that the client may know of.
    public static func notFound(_ detail: String) -> Problem {
        Problem(status: 404, slug: "not-found", title: "There is nothing here", detail: detail)
    }

    static func methodNotAllowed(allow: [Request.Method]) -> Problem {
        let allowed = allow.map(\.rawValue).sorted().joined(separator: ", ")
        return Problem(
            status: 405,
            slug: "method-not-allowed",
            title: "The method is not allowed here",
            detail: "Allowed: \(allowed).",
            headers: ["Allow": allowed]
        )
    }

    static func notAcceptable(_ types: [String]) -> Problem {
        Problem(
            status: 406,
            slug: "not-acceptable",
            title: "No acceptable content type",
            detail: "Here is only \(types.joined(separator: " or "))."
        )
    }

    static let requestTimeout = Problem(
        status: 408,
        slug: "request-timeout",
        title: "The request took too long to arrive"
    )

    /// 409. The slug names the conflict, such as `insufficient-stock`; `extensions` carry its particulars.
    public static func conflict(
        _ detail: String,
        slug: String = "conflict",
        title: String = "The request conflicts with the current state",
        extensions: [String: any Encodable & Sendable] = [:]
    ) -> Problem {
        Problem(status: 409, slug: slug, title: title, detail: detail, extensions: extensions)
    }

    static func bodyTooLarge(limit: Int) -> Problem {
        Problem(
            status: 413,
            slug: "body-too-large",
            title: "The request body is too large",
            detail: "At most \(limit) bytes are accepted."
        )
    }

    static func unsupportedMediaType(_ contentType: String) -> Problem {
        Problem(
            status: 415,
            slug: "unsupported-media-type",
            title: "The content type is not supported",
            detail: "Expected application/json, got \(contentType.prefix(100))."
        )
    }

    /// 422.
    public static func unprocessable(_ fieldErrors: [FieldError], detail: String? = nil) -> Problem {
        Problem(
            status: 422,
            slug: "invalid-fields",
            title: "Some fields are invalid",
            detail: detail,
            fieldErrors: fieldErrors
        )
    }

    /// 429.
    ///
    /// - Parameter retryAfter: rounded up to whole seconds.
    public static func tooManyRequests(_ detail: String, retryAfter: Duration) -> Problem {
        Problem(
            status: 429,
            slug: "too-many-requests",
            title: "Too many requests",
            detail: detail,
            headers: ["Retry-After": seconds(retryAfter)]
        )
    }

    static func headersTooLarge(limit: Int) -> Problem {
        Problem(
            status: 431,
            slug: "headers-too-large",
            title: "The request headers are too large",
            detail: "At most \(limit) bytes are accepted."
        )
    }

    /// Nobody will read it; it is the status that logs and metrics see, as nginx writes it.
    static let clientGone = Problem(status: 499, slug: "client-gone", title: "The client left before the answer")

    static let internalError = Problem(
        status: 500,
        slug: "internal-error",
        title: "Something went wrong on our side"
    )

    /// 503.
    ///
    /// - Parameter retryAfter: rounded up to whole seconds.
    public static func unavailable(_ detail: String, retryAfter: Duration = .seconds(1)) -> Problem {
        Problem(
            status: 503,
            slug: "unavailable",
            title: "The service cannot answer at the moment",
            detail: detail,
            headers: ["Retry-After": seconds(retryAfter)]
        )
    }

    private static func seconds(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        return String(max(0, seconds + (attoseconds > 0 ? 1 : 0)))
    }
}
