import Foundation
import Lifecycle
import Testing

@Suite struct OpenFilesTests {
    private func limit() -> rlimit {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        return limit
    }

    @Test func theSoftLimitIsRaisedToTheHardOne() throws {
        var lowered = limit()
        lowered.rlim_cur -= 1
        try #require(setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &lowered) == 0)
        #expect(OpenFiles.raiseLimit() == Int(limit().rlim_max))
        #expect(limit().rlim_cur == limit().rlim_max)
    }
}
