/// What must happen in Redis in one piece.
enum MirrorScripts {
    /// Adds changes to the mirror, each once, however often it is sent.
    ///
    /// Arguments: the generation that the sender knows; Redis's time in milliseconds after which the sender's view of the
    /// outbox is too old to act on; then id and JSON of each change. The answer is `ok`, `stale` when the mirror is not
    /// of this generation, `late` after that time. An error within leaves no half-made change behind as truth: the mirror
    /// is declared broken and is filled again.
    static let apply = """
        if redis.call('GET', '\(RedisKeys.generation)') ~= ARGV[1] then return 'stale' end
        local time = redis.call('TIME')
        if time[1] * 1000 + time[2] / 1000 > tonumber(ARGV[2]) then return 'late' end

        local function score(set, id, amount)
          local member = string.format('%010d', id)
          local total = tonumber(redis.call('ZINCRBY', set, -amount, member))
          if total == 0 then redis.call('ZREM', set, member) end
          if math.abs(total) > 9007199254740991 then redis.call('SET', '\(RedisKeys.inexact)', 1) end
        end

        local function stock(id, units)
          if redis.call('SISMEMBER', '\(RedisKeys.deletedProducts)', id) == 0 then
            redis.call('HINCRBY', '\(RedisKeys.stockPrefix)' .. id, 'quantity', units)
          end
        end

        local function apply(change)
          for _, order in ipairs(change.placed or {}) do
            if redis.call('SREM', '\(RedisKeys.deletedOrders)', order.id) == 0 then
              redis.call('HSET', '\(RedisKeys.orderPrefix)' .. order.id, 'user_id', order.user,
                'total_amount', order.total, 'items', order.items)
            end
          end
          for _, id in ipairs(change.deleted or {}) do
            if redis.call('DEL', '\(RedisKeys.orderPrefix)' .. id) == 0 then
              redis.call('SADD', '\(RedisKeys.deletedOrders)', id)
            end
          end
          for _, spent in ipairs(change.spent or {}) do
            score('\(RedisKeys.spenders)', spent[1], spent[2])
          end
          for _, sold in ipairs(change.sold or {}) do
            score('\(RedisKeys.sellers)', sold[1], sold[2])
            stock(sold[1], -sold[2])
          end
          for _, stocked in ipairs(change.stocked or {}) do stock(stocked[1], stocked[2]) end
          local new = change.newProduct
          if new and redis.call('SISMEMBER', '\(RedisKeys.deletedProducts)', new.id) == 0 then
            redis.call('HSET', '\(RedisKeys.stockPrefix)' .. new.id, 'product_name', new.name, 'product_sku', new.sku,
              'product_unit_price', new.price)
            redis.call('HINCRBY', '\(RedisKeys.stockPrefix)' .. new.id, 'quantity', 0)
          end
          if change.deletedProduct then
            redis.call('DEL', '\(RedisKeys.stockPrefix)' .. change.deletedProduct)
            redis.call('SADD', '\(RedisKeys.deletedProducts)', change.deletedProduct)
          end
        end

        for index = 3, #ARGV, 2 do
          local id = ARGV[index]
          if not redis.call('ZSCORE', '\(RedisKeys.finished)', id)
            and redis.call('SADD', '\(RedisKeys.applied)', id) == 1 then
            local done, problem = pcall(apply, cjson.decode(ARGV[index + 1]))
            if not done then
              redis.call('DEL', '\(RedisKeys.generation)')
              local reason = type(problem) == 'table' and problem.err or tostring(problem)
              return redis.error_reply('change ' .. id .. ' does not fit: ' .. reason)
            end
          end
        end
        return 'ok'
        """

    /// Runs commands as long as the lock is the sender's, and keeps it for some more time.
    ///
    /// Arguments: the lock's token; its new life in milliseconds; then each command as the number of its words and these.
    /// The answer is 1, or 0 when somebody else fills the mirror.
    static let fill = """
        if redis.call('GET', '\(RedisKeys.lock)') ~= ARGV[1] then return 0 end
        redis.call('PEXPIRE', '\(RedisKeys.lock)', ARGV[2])
        local index = 3
        while index <= #ARGV do
          local count = tonumber(ARGV[index])
          redis.call(unpack(ARGV, index + 1, index + count))
          index = index + 1 + count
        end
        return 1
        """

    /// Notes that changes are no more in the outbox, and forgets those of which no old copy can come any more.
    ///
    /// Arguments: how many milliseconds an id is remembered; then the ids.
    static let finish = """
        local time = redis.call('TIME')
        local now = math.floor(time[1] * 1000 + time[2] / 1000)
        for index = 2, #ARGV do
          redis.call('ZADD', '\(RedisKeys.finished)', now, ARGV[index])
          redis.call('SREM', '\(RedisKeys.applied)', ARGV[index])
        end
        redis.call('ZREMRANGEBYSCORE', '\(RedisKeys.finished)', '-inf', now - ARGV[1])
        return now
        """
}
