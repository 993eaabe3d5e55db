/// Strings laid out as C wants them: NUL-terminated, and an array of pointers that itself ends with NULL.
struct CStrings {
    private var bytes: [CChar] = []
    private var offsets: [Int?] = []

    init(_ strings: [String?]) {
        for string in strings {
            guard var string else {
                offsets.append(nil)
                continue
            }
            offsets.append(bytes.count)
            string.withUTF8 { utf8 in
                utf8.withMemoryRebound(to: CChar.self) { bytes.append(contentsOf: $0) }
            }
            bytes.append(0)
        }
    }

    func withPointers<Result>(_ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Result) -> Result {
        bytes.withUnsafeBufferPointer { buffer in
            let pointers = offsets.map { offset in offset.flatMap { buffer.baseAddress?.advanced(by: $0) } } + [nil]
            return pointers.withUnsafeBufferPointer { table in
                // An array with at least its terminator always has a base address.
                table.baseAddress.map(body) ?? withUnsafePointer(to: nil, body)
            }
        }
    }
}
