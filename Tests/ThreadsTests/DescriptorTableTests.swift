import CLinux
import Glibc
import Synchronization
import TestSupport
import Testing
import Threads

@Suite(.timed) struct DescriptorTableTests {
    /// Runs a body on a thread of its own and waits for its answer.
    private static func onThread<Answer: Sendable>(_ body: @escaping @Sendable () -> Answer) async -> Answer {
        await withCheckedContinuation { continuation in
            // The thread may have its own table when it answers, and must not resume a task then.
            guard let relay = try? Relay() else { fatalError("no thread is left") }
            let isThere = SystemThread.detach {
                let answer = body()
                relay.post { continuation.resume(returning: answer) }
                relay.end()
            }
            #expect(isThere)
        }
    }

    private static func isOpen(_ descriptor: CInt) -> Bool { fcntl(descriptor, F_GETFD) >= 0 }

    @Test(.enabled(if: DescriptorTable.canSeparate))
    func aThreadKeepsOnlyWhatItNamesAndTheProcessKeepsAll() async {
        var ends: [CInt] = [-1, -1]
        #expect(pipe(&ends) == 0)
        let kept = eventfd(0, CInt(O_CLOEXEC))
        let (reading, writing) = (ends[0], ends[1])
        let seen = await Self.onThread {
            let done = DescriptorTable.separate(keeping: [kept])
            let seen = [
                done, Self.isOpen(kept), Self.isOpen(STDERR_FILENO), Self.isOpen(reading), Self.isOpen(writing),
            ]
            // What both have is one file, though each closes its own.
            eventfd_write(kept, 7)
            close(kept)
            return seen
        }
        #expect(seen == [true, true, true, false, false])
        #expect([kept, reading, writing].allSatisfy(Self.isOpen))
        var count: eventfd_t = 0
        #expect(eventfd_read(kept, &count) == 0 && count == 7)
        for descriptor in [kept, reading, writing] { close(descriptor) }
    }

    @Test(.enabled(if: DescriptorTable.canSeparate))
    func aPipeEndsThoughAThreadOfItsTimeLives() async {
        var ends: [CInt] = [-1, -1]
        #expect(pipe(&ends) == 0)
        let (separated, over) = (Semaphore(), Semaphore())
        let isThere = SystemThread.detach {
            _ = DescriptorTable.separate(keeping: [])
            separated.signal()
            over.wait()
        }
        #expect(isThere)
        await withCheckedContinuation { continuation in
            _ = SystemThread.detach {
                separated.wait()
                continuation.resume()
            }
        }
        close(ends[1])
        var byte: UInt8 = 0
        #expect(read(ends[0], &byte, 1) == 0)
        close(ends[0])
        over.signal()
    }

    @Test func wakersAreFoundAmongOtherDescriptors() async {
        let (queue, file) = (epoll_create1(0), open("/dev/null", O_RDONLY | O_CLOEXEC))
        let wakers = DescriptorTable.wakers
        #expect(wakers.contains(queue) && !wakers.contains(file))
        close(queue)
        close(file)
    }

    @Test func aRelayDoesInOrderWhatCameBeforeItsEnd() async throws {
        let relay = try Relay()
        let numbers = Mutex<[Int]>([])
        await withCheckedContinuation { continuation in
            for number in 0..<100 { relay.post { numbers.withLock { $0.append(number) } } }
            relay.post { continuation.resume() }
            relay.end()
            relay.post { numbers.withLock { $0.append(-1) } }
        }
        #expect(numbers.withLock(\.self) == Array(0..<100))
    }
}
