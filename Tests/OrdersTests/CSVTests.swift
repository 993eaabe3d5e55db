import Testing

@testable import Orders

@Suite struct CSVTests {
    @Test(arguments: [
        ("plain", "plain"), ("", ""), ("a,b", "\"a,b\""), ("say \"hi\"", "\"say \"\"hi\"\"\""),
        ("two\nlines", "\"two\nlines\""),
        // What a spreadsheet would run.
        ("=1+1", "'=1+1"), ("+1", "'+1"), ("-1", "'-1"), ("@SUM(A1)", "'@SUM(A1)"), ("\tx", "'\tx"),
        ("\r\n=1", "\"'\r\n=1\""), ("=HYPERLINK(\"x\",\"y\")", "\"'=HYPERLINK(\"\"x\"\",\"\"y\"\")\""),
    ])
    func cellsAreQuotedAndNeverRun(value: String, cell: String) {
        #expect(CSV.cell(value) == cell)
    }

    @Test func aLineEndsAsTheRFCSays() {
        #expect(CSV.line(["a", "b,c", ""]) == "a,\"b,c\",\r\n")
    }
}
