/// What must happen in Redis in one piece.
enum MirrorScripts {
    /// Adds changes to the mirror, each once, however often it is sent.
    ///
    /// Arguments: the generation that the sender knows; Redis's time in milliseconds after which the sender's view of
    /// MySQL is too old to act on; the number of new orders, then id, user, total and items of each; then id and JSON of
    /// each entry of the outbox. The answer is `ok`, `stale` when the mirror is not of this generation, `late` after that
    /// time. An error within leaves no half-made change behind as truth: the mirror is declared broken and is filled again.
    static let apply = """
        if redis.call('GET', '\(RedisKeys.generation)') ~= ARGV[1] then return 'stale' end
        local time = redis.call('TIME')
        local now = math.floor(time[1] * 1000 + time[2] / 1000)
        if now > tonumber(ARGV[2]) then return 'late' end

        -- Nearly always there is neither, and no order has to be looked up in them.
        local ordersWereDeleted = redis.call('EXISTS', '\(RedisKeys.deletedOrders)') == 1
        local productsWereDeleted = redis.call('EXISTS', '\(RedisKeys.deletedProducts)') == 1

        local function score(set, id, amount)
          local member = string.format('%010d', id)
          local total = tonumber(redis.call('ZINCRBY', set, -amount, member))
          if total == 0 then redis.call('ZREM', set, member) end
          if math.abs(total) > 9007199254740991 then redis.call('SET', '\(RedisKeys.inexact)', 1) end
        end

        local function stock(id, units)
          if productsWereDeleted and redis.call('SISMEMBER', '\(RedisKeys.deletedProducts)', id) == 1 then return end
          redis.call('HINCRBY', '\(RedisKeys.stockPrefix)' .. id, 'quantity', units)
        end

        -- An order counts once when it is placed, and minus once when it is deleted.
        local function count(user, total, items, times)
          local cents = string.gsub(total, '%.', '')
          score('\(RedisKeys.spenders)', user, cents * times)
          for _, item in ipairs(cjson.decode(items)) do
            score('\(RedisKeys.sellers)', item.product_id, item.quantity * times)
            stock(item.product_id, -item.quantity * times)
          end
        end

        local function place(id, user, total, items)
          if ordersWereDeleted and redis.call('ZSCORE', '\(RedisKeys.deletedOrders)', id) then return end
          local new = redis.call('HSET', '\(RedisKeys.orderPrefix)' .. id, 'user_id', user, 'total_amount', total,
            'items', items)
          if new > 0 then count(user, total, items, 1) end
        end

        local function delete(id)
          local key = '\(RedisKeys.orderPrefix)' .. id
          local order = redis.call('HMGET', key, 'user_id', 'total_amount', 'items')
          if order[1] then
            redis.call('DEL', key)
            count(order[1], order[2], order[3], -1)
          end
          redis.call('ZADD', '\(RedisKeys.deletedOrders)', now, id)
          ordersWereDeleted = true
        end

        local function apply(change)
          for _, id in ipairs(change.deletedOrders or {}) do delete(id) end
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
            productsWereDeleted = true
          end
        end

        local function enter(id, json)
          if not redis.call('ZSCORE', '\(RedisKeys.finished)', id)
            and redis.call('SADD', '\(RedisKeys.applied)', id) == 1 then
            apply(cjson.decode(json))
          end
        end

        local function attempt(what, id, ...)
          local done, problem = pcall(what, id, ...)
          if done then return end
          redis.call('DEL', '\(RedisKeys.generation)')
          local reason = type(problem) == 'table' and problem.err or tostring(problem)
          return redis.error_reply('change ' .. id .. ' does not fit: ' .. reason)
        end

        local entries = 4 + 4 * ARGV[3]
        for index = 4, entries - 1, 4 do
          local failure = attempt(place, ARGV[index], ARGV[index + 1], ARGV[index + 2], ARGV[index + 3])
          if failure then return failure end
        end
        for index = entries, #ARGV, 2 do
          local failure = attempt(enter, ARGV[index], ARGV[index + 1])
          if failure then return failure end
        end
        return 'ok'
        """

    /// Which orders are neither in the mirror nor known to be deleted.
    ///
    /// Arguments: the generation that the sender knows; then ids. The answer is their list, or `stale`.
    static let missing = """
        if redis.call('GET', '\(RedisKeys.generation)') ~= ARGV[1] then return 'stale' end
        local ids = {}
        for index = 2, #ARGV do
          local id = ARGV[index]
          if redis.call('EXISTS', '\(RedisKeys.orderPrefix)' .. id) == 0
            and not redis.call('ZSCORE', '\(RedisKeys.deletedOrders)', id) then
            ids[#ids + 1] = id
          end
        end
        return ids
        """

    /// Notes up to which id all orders were compared, in the mirror of a generation, which is the first argument.
    static let compared = """
        if redis.call('GET', '\(RedisKeys.generation)') ~= ARGV[1] then return 0 end
        if tonumber(redis.call('GET', '\(RedisKeys.comparedOrders)') or 0) < tonumber(ARGV[2]) then
          redis.call('SET', '\(RedisKeys.comparedOrders)', ARGV[2])
        end
        return 1
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

    /// Notes that changes are no more in the outbox, and forgets those, and deleted orders, of which no old copy can
    /// come any more.
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
        redis.call('ZREMRANGEBYSCORE', '\(RedisKeys.deletedOrders)', '-inf', now - ARGV[1])
        return now
        """
}
