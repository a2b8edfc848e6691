import CNghttp2

/// The frames of one HTTP/2 connection, without its socket: bytes go in and out, requests go in, and exchanges come to their
/// ends. All that RFC 9113 and RFC 7541 ask of a client is nghttp2's: header compression, flow control, answers to PING and
/// SETTINGS, and the refusal of what breaks the rules.
package final class HTTP2Wire {
    /// The server has said how it wants to be spoken to.
    package private(set) var isSettled = false
    /// Requests that the server takes at a time.
    private(set) var allowed = Int.max
    /// The last stream that the server serves, once it goes away.
    private(set) var lastServed: Int32?
    /// Why nothing more can be said on this connection, for a person.
    private(set) var fault: String?
    /// Exchanges that came to an end, those before `taken` excepted, which were told.
    private var ended: [HTTP2Exchange] = []
    private var taken = 0
    /// Streams that were asked for, and never begun.
    private(set) var unbegun: [Int32] = []
    private var now: UInt64 = 0
    private var session: OpaquePointer?
    /// The exchange that was told of last. Its user holds it as long as its stream is there: no reference is counted.
    private var last: Unmanaged<HTTP2Exchange>?

    /// What comes is read at once, so that no window keeps memory from filling: it is as large as it can be.
    private static let window: Int32 = (1 << 30) - 1
    /// A frame that is sent is not longer, header included.
    static let longestFrame = 16_384 + 9

    package init() {
        let own = Unmanaged.passUnretained(self).toOpaque()
        guard nghttp2_session_client_new(&session, HTTP2Callbacks.shared.pointer, own) == 0 else {
            fault = "no memory is left"
            return
        }
        var settings = [
            nghttp2_settings_entry(settings_id: Int32(NGHTTP2_SETTINGS_ENABLE_PUSH.rawValue), value: 0),
            nghttp2_settings_entry(
                settings_id: Int32(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE.rawValue), value: UInt32(Self.window)),
        ]
        nghttp2_submit_settings(session, UInt8(NGHTTP2_FLAG_NONE.rawValue), &settings, settings.count)
        nghttp2_session_set_local_window_size(session, UInt8(NGHTTP2_FLAG_NONE.rawValue), 0, Self.window)
    }

    deinit { nghttp2_session_del(session) }

    // MARK: Requests

    /// - Parameter request: as HTTP/1.1 has it.
    /// - Returns: false where no stream is left on this connection.
    package func submit(_ exchange: HTTP2Exchange, _ request: [UInt8], _ fields: HTTP2Fields) -> Bool {
        submit(exchange, request, fields, rest: nil)
    }

    /// - Parameters:
    ///   - rest: what follows the request, in files.
    ///   - holdsBody: the body waits for the server's word.
    func submit(
        _ exchange: HTTP2Exchange, _ request: [UInt8], _ fields: HTTP2Fields, rest: [Outgoing.Part]?,
        holdsBody: Bool = false
    ) -> Bool {
        fields.with(request) { list, bodyStart in
            var upload: Outgoing?
            if bodyStart < request.count || rest != nil {
                upload = Outgoing([.bytes(request)] + (rest ?? []), skipping: bodyStart)
                if upload?.isEmpty == true { upload = nil }
            }
            exchange.begin(fields, upload: upload, held: holdsBody && upload != nil)
            let own = Unmanaged.passUnretained(exchange).toOpaque()
            let id: Int32
            if upload == nil {
                id = nghttp2_submit_request(session, nil, list.baseAddress, list.count, nil, own)
            } else {
                var provider = nghttp2_data_provider(
                    source: nghttp2_data_source(ptr: nil), read_callback: HTTP2Callbacks.read)
                id = nghttp2_submit_request(session, nil, list.baseAddress, list.count, &provider, own)
            }
            guard id > 0 else { return false }
            exchange.started(id)
            return true
        }
    }

    /// The body that waited for the server's word goes out.
    func release(_ exchange: HTTP2Exchange) {
        guard exchange.isHeld, exchange.isUnderWay else { return }
        exchange.release()
        nghttp2_session_resume_data(session, exchange.id)
    }

    /// Nobody waits for the rest of the exchange.
    func cancel(_ exchange: HTTP2Exchange) {
        guard exchange.isUnderWay else { return }
        let code = exchange.end == .answered ? NGHTTP2_NO_ERROR : NGHTTP2_CANCEL
        nghttp2_session_set_stream_user_data(session, exchange.id, nil)
        last = nil
        nghttp2_submit_rst_stream(session, UInt8(NGHTTP2_FLAG_NONE.rawValue), exchange.id, code.rawValue)
        exchange.over()
    }

    /// Says good-bye.
    func terminate() { nghttp2_session_terminate_session(session, NGHTTP2_NO_ERROR.rawValue) }

    // MARK: Bytes

    /// - Parameter now: when they came, in nanoseconds of the monotonic clock.
    package func receive(_ bytes: UnsafeRawBufferPointer, now: UInt64) {
        guard fault == nil else { return }
        self.now = now
        let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        let count = nghttp2_session_mem_recv(session, start, bytes.count)
        if count < 0 { fault = Self.words(CInt(count)) }
    }

    /// Writes frames that are due, as many as there is room for.
    /// - Returns: how many bytes they have.
    package func fill(_ buffer: UnsafeMutableRawBufferPointer) -> Int {
        var count = 0
        while count + Self.longestFrame <= buffer.count {
            var frame: UnsafePointer<UInt8>?
            let length = nghttp2_session_mem_send(session, &frame)
            guard length > 0, let frame else {
                if length < 0, fault == nil { fault = Self.words(CInt(length)) }
                break
            }
            let place = UnsafeMutableRawBufferPointer(rebasing: buffer[count...])
            place.copyMemory(from: UnsafeRawBufferPointer(start: frame, count: min(length, place.count)))
            count += length
        }
        return count
    }

    var wantsToSend: Bool { nghttp2_session_want_write(session) != 0 }

    /// Nothing more will be said, by either side.
    package var isOver: Bool {
        fault != nil || nghttp2_session_want_read(session) == 0 && nghttp2_session_want_write(session) == 0
    }

    /// The next exchange that came to an end; each is told once.
    func nextEnded() -> HTTP2Exchange? {
        guard taken < ended.count else {
            ended.removeAll(keepingCapacity: true)
            taken = 0
            return nil
        }
        taken += 1
        return ended[taken - 1]
    }

    var hasEnded: Bool { !ended.isEmpty || !unbegun.isEmpty }

    func takeUnbegun() -> [Int32] {
        defer { unbegun.removeAll() }
        return unbegun
    }

    static func words(_ code: CInt) -> String { nghttp2_strerror(code).map { String(cString: $0) } ?? "error \(code)" }

    /// The name of an error code: `INTERNAL_ERROR (2)`.
    static func name(ofError code: UInt32) -> String {
        let name = nghttp2_http2_strerror(code).map { String(cString: $0) } ?? "unknown"
        return "\(name) (\(code))"
    }

    // MARK: What nghttp2 tells

    fileprivate func exchange(_ stream: Int32) -> Unmanaged<HTTP2Exchange>? {
        // What nghttp2 tells of a stream comes in a row.
        if let last, last._withUnsafeGuaranteedRef({ $0.id }) == stream { return last }
        last = nghttp2_session_get_stream_user_data(session, stream).map { Unmanaged.fromOpaque($0) }
        return last
    }

    fileprivate func field(
        _ stream: Int32, _ name: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>
    ) {
        exchange(stream)?._withUnsafeGuaranteedRef { $0.heard(name, value, now: now) }
    }

    fileprivate func body(_ stream: Int32, _ bytes: UnsafeRawBufferPointer) {
        exchange(stream)?._withUnsafeGuaranteedRef { $0.heard(body: bytes) }
    }

    fileprivate func received(_ frame: nghttp2_frame) {
        let (kind, flags) = (UInt32(frame.hd.type), UInt32(frame.hd.flags))
        switch kind {
        case NGHTTP2_HEADERS.rawValue, NGHTTP2_DATA.rawValue:
            guard let exchange = exchange(frame.hd.stream_id)?.takeUnretainedValue() else { return }
            if kind == NGHTTP2_HEADERS.rawValue, exchange.headEnded() { release(exchange) }
            if flags & NGHTTP2_FLAG_END_STREAM.rawValue != 0 { end(exchange, .answered) }
        case NGHTTP2_SETTINGS.rawValue:
            guard flags & NGHTTP2_FLAG_ACK.rawValue == 0 else { return }
            isSettled = true
            allowed = Int(
                nghttp2_session_get_remote_settings(session, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS))
        case NGHTTP2_GOAWAY.rawValue: lastServed = frame.goaway.last_stream_id
        default: break
        }
    }

    fileprivate func refused(_ frame: nghttp2_frame, _ error: CInt) {
        if frame.hd.stream_id > 0, let exchange = exchange(frame.hd.stream_id)?.takeUnretainedValue() {
            end(exchange, .malformed)
        } else if fault == nil {
            refusal = Self.words(error)
        }
    }

    /// Why nghttp2 is going to end the connection.
    private(set) var refusal: String?

    fileprivate func sent(_ frame: nghttp2_frame) {
        if UInt32(frame.hd.type) == NGHTTP2_GOAWAY.rawValue, frame.goaway.error_code != NGHTTP2_NO_ERROR.rawValue {
            if refusal == nil { refusal = "the server broke the rules: " + Self.name(ofError: frame.goaway.error_code) }
            return
        }
        // Only nghttp2 itself resets a stream whose exchange goes on.
        guard UInt32(frame.hd.type) == NGHTTP2_RST_STREAM.rawValue,
            let exchange = exchange(frame.hd.stream_id)?.takeUnretainedValue()
        else { return }
        end(exchange, .malformed)
    }

    fileprivate func notSent(_ frame: nghttp2_frame) {
        if UInt32(frame.hd.type) == NGHTTP2_HEADERS.rawValue { unbegun.append(frame.hd.stream_id) }
    }

    fileprivate func closed(_ stream: Int32, _ code: UInt32) {
        guard let exchange = exchange(stream)?.takeUnretainedValue() else { return }
        let isAbove = lastServed.map { stream > $0 } ?? false
        end(exchange, isAbove ? .unprocessed : .reset(code))
        exchange.streamClosed()
        last = nil
    }

    private func end(_ exchange: HTTP2Exchange, _ end: HTTP2Exchange.End) {
        guard exchange.end == nil else { return }
        exchange.end(end)
        ended.append(exchange)
    }
}

/// What nghttp2 calls. It is set up once, and used by all threads.
final class HTTP2Callbacks: @unchecked Sendable {
    static let shared = HTTP2Callbacks()
    fileprivate let pointer: OpaquePointer?

    private init() {
        var made: OpaquePointer?
        nghttp2_session_callbacks_new(&made)
        pointer = made
        nghttp2_session_callbacks_set_on_header_callback(made) { _, frame, name, length, value, size, _, wire in
            guard let frame else { return 0 }
            return HTTP2Callbacks.tell(wire) {
                $0.field(
                    frame.pointee.hd.stream_id, UnsafeBufferPointer(start: name, count: length),
                    UnsafeBufferPointer(start: value, count: size))
            }
        }
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(made) { _, _, stream, bytes, count, wire in
            HTTP2Callbacks.tell(wire) { $0.body(stream, UnsafeRawBufferPointer(start: bytes, count: count)) }
        }
        nghttp2_session_callbacks_set_on_frame_recv_callback(made) { _, frame, wire in
            guard let frame else { return 0 }
            return HTTP2Callbacks.tell(wire) { $0.received(frame.pointee) }
        }
        nghttp2_session_callbacks_set_on_stream_close_callback(made) { _, stream, code, wire in
            HTTP2Callbacks.tell(wire) { $0.closed(stream, code) }
        }
        nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(made) { _, frame, error, wire in
            guard let frame else { return 0 }
            return HTTP2Callbacks.tell(wire) { $0.refused(frame.pointee, error) }
        }
        nghttp2_session_callbacks_set_on_frame_send_callback(made) { _, frame, wire in
            guard let frame else { return 0 }
            return HTTP2Callbacks.tell(wire) { $0.sent(frame.pointee) }
        }
        nghttp2_session_callbacks_set_on_frame_not_send_callback(made) { _, frame, _, wire in
            guard let frame else { return 0 }
            return HTTP2Callbacks.tell(wire) { $0.notSent(frame.pointee) }
        }
    }

    /// The wire is held by whoever calls nghttp2: its references need not be counted.
    @inline(__always)
    private static func tell(_ pointer: UnsafeMutableRawPointer?, _ what: (HTTP2Wire) -> Void) -> CInt {
        if let pointer { Unmanaged<HTTP2Wire>.fromOpaque(pointer)._withUnsafeGuaranteedRef(what) }
        return 0
    }

    /// Gives the next bytes of a request's body.
    fileprivate static let read: nghttp2_data_source_read_callback = { _, stream, buffer, length, flags, _, pointer in
        let wire = pointer.map { Unmanaged<HTTP2Wire>.fromOpaque($0).takeUnretainedValue() }
        guard let exchange = wire?.exchange(stream)?.takeUnretainedValue(), !exchange.isHeld else {
            return Int(NGHTTP2_ERR_DEFERRED.rawValue)
        }
        let (count, isLast) = exchange.takeUpload(into: UnsafeMutableRawBufferPointer(start: buffer, count: length))
        if isLast { flags?.pointee |= NGHTTP2_DATA_FLAG_EOF.rawValue }
        return count
    }
}
