/// One value of a result in PostgreSQL's binary format. Its bytes live as long as the result and are only valid inside
/// `PostgresDecodable.decode`.
public struct PostgresValue {
    /// The OID of the value's type, as `pg_type` lists it.
    public let type: UInt32
    /// The value in the server's binary format; only valid while it is decoded.
    public let bytes: UnsafeRawBufferPointer

    /// OIDs of built-in types. Source: PostgreSQL's `pg_type.dat`; they never change.
    enum OID {
        static let bool: UInt32 = 16
        static let bytea: UInt32 = 17
        static let name: UInt32 = 19
        static let int8: UInt32 = 20
        static let int2: UInt32 = 21
        static let int4: UInt32 = 23
        static let text: UInt32 = 25
        static let oid: UInt32 = 26
        static let json: UInt32 = 114
        static let float4: UInt32 = 700
        static let float8: UInt32 = 701
        static let unknown: UInt32 = 705
        static let bpchar: UInt32 = 1042
        static let varchar: UInt32 = 1043
        static let timestamp: UInt32 = 1114
        static let timestamptz: UInt32 = 1184
        static let uuid: UInt32 = 2950
        static let pgLSN: UInt32 = 3220
        static let jsonb: UInt32 = 3802
        static let date: UInt32 = 1082
        static let numeric: UInt32 = 1700
        static let texts: Set<UInt32> = [text, varchar, bpchar, name, unknown]

        /// Names for the types that one meets, so that an error says `numeric` and not only 1700.
        static func name(_ oid: UInt32) -> String? {
            let names: [UInt32: String] = [
                bool: "boolean", bytea: "bytea", name: "name", int8: "bigint", int2: "smallint", int4: "integer",
                text: "text", self.oid: "oid", json: "json", float4: "real", float8: "double precision",
                bpchar: "char", varchar: "varchar", date: "date", timestamp: "timestamp without time zone",
                timestamptz: "timestamptz", numeric: "numeric", uuid: "uuid", pgLSN: "pg_lsn", jsonb: "jsonb",
            ]
            return names[oid]
        }
    }

    /// The bytes as a big-endian integer, or nil when there are not as many bytes as it needs.
    func bigEndian<Integer: FixedWidthInteger>(_: Integer.Type, at offset: Int = 0) -> Integer? {
        guard offset >= 0, bytes.count >= offset + MemoryLayout<Integer>.size else { return nil }
        return Integer(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Integer.self))
    }

    /// The integer in a column of type smallint, integer or bigint.
    var integer: Int64? {
        switch type {
        case OID.int8: bigEndian(Int64.self)
        case OID.int4: bigEndian(Int32.self).map(Int64.init)
        case OID.int2: bigEndian(Int16.self).map(Int64.init)
        case OID.oid: bigEndian(UInt32.self).map(Int64.init)
        default: nil
        }
    }

    /// The text of a `json` or `jsonb` column; jsonb sends a version byte first.
    var jsonText: UnsafeRawBufferPointer? {
        switch type {
        case OID.json: bytes
        case OID.jsonb: bytes.first == 1 ? UnsafeRawBufferPointer(rebasing: bytes.dropFirst()) : nil
        default: nil
        }
    }
}
