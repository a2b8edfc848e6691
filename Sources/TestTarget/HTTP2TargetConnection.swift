import CNghttp2
import NIOCore

/// A connection of HTTP/2 without TLS, of a client who knows that it is spoken (RFC 9113, section 3.3). Each request is answered
/// as its path says, at its own time. All that RFC 9113 and RFC 7541 ask of a server is nghttp2's.
final class HTTP2TargetConnection {
    /// With which the client begins.
    private static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
    private static let mostStreams: UInt32 = 1000

    private let server: TargetServer
    private let busyPolling: BusyPolling?
    private unowned let context: ChannelHandlerContext
    private var session: OpaquePointer?
    /// Paths of requests that are not whole yet, by their streams.
    private var paths: [Int32: String] = [:]
    /// Requests that are whole, and were not looked at yet.
    private var whole: [(stream: Int32, path: String)] = []
    /// What is left of the bodies of answers.
    private var bodies: [Int32: ByteBuffer] = [:]
    private var isOver = false

    /// Whether a client who has sent these bytes first speaks HTTP/2; nil while they are too few to tell.
    static func isBegun(by received: ByteBuffer) -> Bool? {
        let view = received.readableBytesView.prefix(preface.count)
        guard preface.starts(with: view) else { return false }
        return view.count == preface.count ? true : nil
    }

    /// - Parameter busyPolling: that of the connection's loop.
    init(server: TargetServer, busyPolling: BusyPolling?, _ context: ChannelHandlerContext) {
        self.server = server
        self.busyPolling = busyPolling
        self.context = context
        let own = Unmanaged.passUnretained(self).toOpaque()
        guard nghttp2_session_server_new(&session, Self.callbacks.pointer, own) == 0 else { return }
        var settings = nghttp2_settings_entry(
            settings_id: Int32(NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS.rawValue), value: Self.mostStreams)
        nghttp2_submit_settings(session, UInt8(NGHTTP2_FLAG_NONE.rawValue), &settings, 1)
    }

    deinit { nghttp2_session_del(session) }

    /// Nothing more is sent.
    func end() { isOver = true }

    func read(_ bytes: ByteBuffer) {
        guard !isOver else { return }
        let count = bytes.readableBytesView.withContiguousStorageIfAvailable {
            nghttp2_session_mem_recv(session, $0.baseAddress, $0.count)
        }
        guard let count, count >= 0 else { return close() }
        let requests = whole
        whole.removeAll(keepingCapacity: true)
        for request in requests where !isOver { serve(request.path, on: request.stream) }
        send()
    }

    private func serve(_ path: String, on stream: Int32) {
        let read = NIODeadline.now().uptimeNanoseconds
        server.counted(at: read)
        // What an outage costs is counted over HTTP/1.1 alone.
        guard server.outages.isEmpty else { return answer(HTTP2Answer.notHere, on: stream) }
        let behaviour = server.behaviour(of: path)
        let reply = behaviour.reply(at: read)
        guard let due = reply.due else { return perform(reply.action, on: stream) }
        if reply.isExact { busyPolling?.cover(due) }
        context.eventLoop.assumeIsolated().scheduleTask(deadline: .uptimeNanoseconds(due)) {
            guard !self.isOver else { return }
            self.perform(reply.action, on: stream)
            if reply.isExact { behaviour.wrote(after: NIODeadline.now().uptimeNanoseconds - read) }
            self.send()
        }
    }

    private func perform(_ action: Reply.Action, on stream: Int32) {
        switch action {
        case .send(let bytes, let closing):
            answer(closing ? HTTP2Answer.notHere : HTTP2Answer(bytes) ?? HTTP2Answer.notHere, on: stream)
        case .tellHeld: answer(HTTP2Answer(Answers.whole(body: server.held)), on: stream)
        case .silence: break
        case .close: close()
        case .reset:
            isOver = true
            TargetConnection.reset(context.channel)
        case .die(let connections):
            if server.openConnections > connections {
                server.die()
            } else {
                answer(HTTP2Answer(Answers.whole()), on: stream)
            }
        case .drip, .endlessHeaders, .tellOutages: answer(HTTP2Answer.notHere, on: stream)
        }
    }

    private func answer(_ answer: HTTP2Answer?, on stream: Int32) {
        guard let answer else { return }
        bodies[stream] = answer.body
        var provider = nghttp2_data_provider(source: nghttp2_data_source(ptr: nil), read_callback: Self.readBody)
        answer.withFields { nghttp2_submit_response(session, stream, $0.baseAddress, $0.count, &provider) }
    }

    /// Sends what is due.
    private func send() {
        guard !isOver else { return }
        while true {
            var frames: UnsafePointer<UInt8>?
            let length = nghttp2_session_mem_send(session, &frames)
            guard length > 0, let frames else { break }
            let bytes = ByteBuffer(bytes: UnsafeBufferPointer(start: frames, count: length))
            context.write(NIOAny(bytes), promise: nil)
        }
        context.flush()
        if nghttp2_session_want_read(session) == 0, nghttp2_session_want_write(session) == 0 { close() }
    }

    private func close() {
        isOver = true
        context.close(promise: nil)
    }

    // MARK: What nghttp2 tells

    private func field(_ stream: Int32, _ name: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>) {
        if name.elementsEqual(":path".utf8) { paths[stream] = String(decoding: value, as: UTF8.self) }
    }

    private func received(_ frame: nghttp2_frame) {
        guard UInt32(frame.hd.flags) & NGHTTP2_FLAG_END_STREAM.rawValue != 0,
            let path = paths.removeValue(forKey: frame.hd.stream_id)
        else { return }
        whole.append((frame.hd.stream_id, path))
    }

    private func closed(_ stream: Int32) {
        paths[stream] = nil
        bodies[stream] = nil
    }

    /// - Returns: how many bytes of the answer's body were taken, and whether they were the last.
    private func takeBody(of stream: Int32, into buffer: UnsafeMutableRawBufferPointer) -> (count: Int, isLast: Bool) {
        let length = min(buffer.count, bodies[stream]?.readableBytes ?? 0)
        if let taken = bodies[stream]?.readSlice(length: length) {
            taken.withUnsafeReadableBytes { buffer.copyMemory(from: $0) }
        }
        return (length, bodies[stream]?.readableBytes ?? 0 == 0)
    }

    /// Set up once, and used by all threads.
    private struct Callbacks: @unchecked Sendable { let pointer: OpaquePointer? }

    private static let callbacks: Callbacks = {
        var made: OpaquePointer?
        nghttp2_session_callbacks_new(&made)
        nghttp2_session_callbacks_set_on_header_callback(made) { _, frame, name, length, value, size, _, own in
            guard let frame else { return 0 }
            HTTP2TargetConnection.at(own)?.field(
                frame.pointee.hd.stream_id, UnsafeBufferPointer(start: name, count: length),
                UnsafeBufferPointer(start: value, count: size))
            return 0
        }
        nghttp2_session_callbacks_set_on_frame_recv_callback(made) { _, frame, own in
            if let frame { HTTP2TargetConnection.at(own)?.received(frame.pointee) }
            return 0
        }
        nghttp2_session_callbacks_set_on_stream_close_callback(made) { _, stream, _, own in
            HTTP2TargetConnection.at(own)?.closed(stream)
            return 0
        }
        return Callbacks(pointer: made)
    }()

    private static let readBody: nghttp2_data_source_read_callback = { _, stream, buffer, length, flags, _, own in
        guard let connection = HTTP2TargetConnection.at(own) else { return Int(NGHTTP2_ERR_CALLBACK_FAILURE.rawValue) }
        let room = UnsafeMutableRawBufferPointer(start: buffer, count: length)
        let (count, isLast) = connection.takeBody(of: stream, into: room)
        if isLast { flags?.pointee |= NGHTTP2_DATA_FLAG_EOF.rawValue }
        return count
    }

    private static func at(_ pointer: UnsafeMutableRawPointer?) -> HTTP2TargetConnection? {
        pointer.map { Unmanaged.fromOpaque($0).takeUnretainedValue() }
    }
}
