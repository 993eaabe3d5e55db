import CRabbitMQ
import Foundation

/// Memory that encoded values point into, valid until `recycle()`: librabbitmq's own pool, which allocates by the page.
final class TableArena {
    private let pool: UnsafeMutablePointer<amqp_pool_t>

    init() {
        pool = .allocate(capacity: 1)
        init_amqp_pool(pool, 4096)
    }

    deinit {
        empty_amqp_pool(pool)
        pool.deallocate()
    }

    func recycle() { recycle_amqp_pool(pool) }

    private func allocate<Element>(_: Element.Type, _ count: Int) -> UnsafeMutablePointer<Element> {
        guard let block = amqp_pool_alloc(pool, max(1, count * MemoryLayout<Element>.stride)) else {
            fatalError("out of memory")
        }
        return block.bindMemory(to: Element.self, capacity: count)
    }

    func bytes(_ bytes: some Collection<UInt8>) -> amqp_bytes_t {
        let count = bytes.count
        let block = allocate(UInt8.self, count)
        UnsafeMutableRawBufferPointer(start: block, count: count).copyBytes(from: bytes)
        return amqp_bytes_t(len: count, bytes: block)
    }

    func text(_ text: String) -> amqp_bytes_t { bytes(text.utf8) }

    func table(_ values: [String: AMQPValue]) -> amqp_table_t {
        let entries = allocate(amqp_table_entry_t.self, values.count)
        for (index, (key, value)) in values.enumerated() {
            (entries + index).initialize(to: amqp_table_entry_t(key: text(key), value: field(value)))
        }
        return amqp_table_t(num_entries: Int32(values.count), entries: entries)
    }

    private func field(_ value: AMQPValue) -> amqp_field_value_t {
        var field = amqp_field_value_t()
        func set(_ kind: amqp_field_value_kind_t) { field.kind = UInt8(kind.rawValue) }
        switch value {
        case .string(let text):
            set(AMQP_FIELD_KIND_UTF8)
            field.value.bytes = self.text(text)
        case .int(let number):
            set(AMQP_FIELD_KIND_I64)
            field.value.i64 = number
        case .double(let number):
            set(AMQP_FIELD_KIND_F64)
            field.value.f64 = number
        case .bool(let isTrue):
            set(AMQP_FIELD_KIND_BOOLEAN)
            field.value.boolean = isTrue ? 1 : 0
        case .bytes(let bytes):
            set(AMQP_FIELD_KIND_BYTES)
            field.value.bytes = self.bytes(bytes)
        case .timestamp(let date):
            set(AMQP_FIELD_KIND_TIMESTAMP)
            field.value.u64 = date.amqpSeconds
        case .table(let table):
            set(AMQP_FIELD_KIND_TABLE)
            field.value.table = self.table(table)
        case .array(let values):
            set(AMQP_FIELD_KIND_ARRAY)
            let entries = allocate(amqp_field_value_t.self, values.count)
            for (index, value) in values.enumerated() { (entries + index).initialize(to: self.field(value)) }
            field.value.array = amqp_array_t(num_entries: Int32(values.count), entries: entries)
        case .null:
            set(AMQP_FIELD_KIND_VOID)
        }
        return field
    }
}

extension Date {
    /// Whole seconds since 1970; the nearest that the wire can say.
    var amqpSeconds: UInt64 { UInt64(exactly: min(max(0, timeIntervalSince1970.rounded(.down)), 0x1p62)) ?? 0 }
}

extension String {
    init(_ bytes: amqp_bytes_t) {
        self = String(decoding: UnsafeRawBufferPointer(start: bytes.bytes, count: bytes.len), as: UTF8.self)
    }
}

extension [UInt8] {
    init(_ bytes: amqp_bytes_t) { self = Array(UnsafeRawBufferPointer(start: bytes.bytes, count: bytes.len)) }
}

extension [String: AMQPValue] {
    init(_ table: amqp_table_t) {
        self = [:]
        for entry in UnsafeBufferPointer(start: table.entries, count: Int(table.num_entries)) {
            self[String(entry.key)] = AMQPValue(entry.value)
        }
    }
}

extension AMQPValue {
    /// Kinds that AMQP 0-9-1 has and no client of ours sends (decimals, unknown ones) read as null.
    init(_ field: amqp_field_value_t) {
        switch amqp_field_value_kind_t(UInt32(field.kind)) {
        // A "long string" is any bytes: what is not UTF-8 is not altered on its way through.
        case AMQP_FIELD_KIND_UTF8:
            let bytes = [UInt8](field.value.bytes)
            self = String(validating: bytes, as: UTF8.self).map { .string($0) } ?? .bytes(bytes)
        case AMQP_FIELD_KIND_BYTES: self = .bytes([UInt8](field.value.bytes))
        case AMQP_FIELD_KIND_BOOLEAN: self = .bool(field.value.boolean != 0)
        case AMQP_FIELD_KIND_I8: self = .int(Int64(field.value.i8))
        case AMQP_FIELD_KIND_U8: self = .int(Int64(field.value.u8))
        case AMQP_FIELD_KIND_I16: self = .int(Int64(field.value.i16))
        case AMQP_FIELD_KIND_U16: self = .int(Int64(field.value.u16))
        case AMQP_FIELD_KIND_I32: self = .int(Int64(field.value.i32))
        case AMQP_FIELD_KIND_U32: self = .int(Int64(field.value.u32))
        case AMQP_FIELD_KIND_I64: self = .int(field.value.i64)
        case AMQP_FIELD_KIND_U64: self = .int(Int64(clamping: field.value.u64))
        case AMQP_FIELD_KIND_F32: self = .double(Double(field.value.f32))
        case AMQP_FIELD_KIND_F64: self = .double(field.value.f64)
        case AMQP_FIELD_KIND_TIMESTAMP: self = .timestamp(Date(timeIntervalSince1970: Double(field.value.u64)))
        case AMQP_FIELD_KIND_TABLE: self = .table([String: AMQPValue](field.value.table))
        case AMQP_FIELD_KIND_ARRAY:
            let array = field.value.array
            self = .array(
                UnsafeBufferPointer(start: array.entries, count: Int(array.num_entries)).map { AMQPValue($0) }
            )
        default: self = .null
        }
    }
}
