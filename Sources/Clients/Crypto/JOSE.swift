internal import CJOSE

/// A symmetric key in libcjose's form.
final class JOSEKey: @unchecked Sendable {
    // @unchecked: the key is never changed after `init`; libcjose only reads it to sign and to verify.
    fileprivate let pointer: OpaquePointer

    init?(secret: [UInt8]) {
        guard let pointer = cjose_jwk_create_oct_spec(secret, secret.count, nil) else { return nil }
        self.pointer = pointer
    }

    deinit { cjose_jwk_release(pointer) }
}

/// JSON Web Signatures in compact form (RFC 7515), by libcjose. Every object of the library is released here.
enum JOSE {
    private static let algorithm = "HS256"

    /// Signs `payload` with HMAC-SHA256; nil only when memory is out.
    static func sign(_ payload: [UInt8], keyID: String, key: JOSEKey) -> String? {
        guard let header = cjose_header_new(nil) else { return nil }
        defer { cjose_header_release(header) }
        guard
            cjose_header_set(header, "alg", algorithm, nil),
            cjose_header_set(header, "kid", keyID, nil),
            cjose_header_set(header, "typ", "JWT", nil),
            let signed = cjose_jws_sign(key.pointer, header, payload, payload.count, nil)
        else { return nil }
        defer { cjose_jws_release(signed) }
        var text: UnsafePointer<CChar>?
        guard cjose_jws_export(signed, &text, nil), let text else { return nil }
        return String(cString: text)
    }

    /// The payload of `token` if the key that its `kid` names signed it.
    ///
    /// The algorithm is pinned before any key is looked at: a token chooses neither `none` nor another algorithm that
    /// would read our secret as something else (RFC 8725 section 3.1).
    static func verify(_ token: String, key: (_ keyID: String) -> JOSEKey?) throws(JWTError) -> [UInt8] {
        guard let signed = cjose_jws_import(token, token.utf8.count, nil) else { throw .malformed }
        defer { cjose_jws_release(signed) }
        // The header belongs to the JWS and is not released on its own.
        guard let header = cjose_jws_get_protected(signed) else { throw .malformed }
        guard string(header, "alg") == algorithm else { throw .algorithm }
        // Extensions that must be understood (RFC 7515 section 4.1.11): we understand none.
        guard !hasMember(header, "crit") else { throw .malformed }
        guard let keyID = string(header, "kid"), let key = key(keyID) else { throw .unknownKey }
        guard cjose_jws_verify(signed, key.pointer, nil) else { throw .signature }
        var bytes: UnsafeMutablePointer<UInt8>?
        var count = 0
        guard cjose_jws_get_plaintext(signed, &bytes, &count, nil), let bytes else { throw .malformed }
        return Array(UnsafeBufferPointer(start: bytes, count: count))
    }

    private static func string(_ header: OpaquePointer, _ name: UnsafePointer<CChar>) -> String? {
        cjose_header_get(header, name, nil).map { String(cString: $0) }
    }

    private static func hasMember(_ header: OpaquePointer, _ name: UnsafePointer<CChar>) -> Bool {
        guard let json = cjose_header_get_raw(header, name, nil) else { return false }
        cjose_get_dealloc()(json)
        return true
    }
}
