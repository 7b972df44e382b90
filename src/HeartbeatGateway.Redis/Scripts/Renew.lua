-- Renews the lease of a node, and removes lapsed ones: the node that removed one reaps its entries.
-- KEYS: leases, info. ARGV: epoch, lease, what is told of the node, 1 for a new epoch, 1 when lapsed leases may be removed.
local epoch = ARGV[1]
local expiry = tonumber(redis.call('ZSCORE', KEYS[1], epoch) or '')
if ARGV[4] ~= '1' and (not expiry or expiry < now) then
  redis.call('ZREM', KEYS[1], epoch)
  redis.call('HDEL', KEYS[2], epoch)
  return {'lapsed', int(now), 0}
end
redis.call('ZADD', KEYS[1], int(now + tonumber(ARGV[2])), epoch)
redis.call('HSET', KEYS[2], epoch, ARGV[3])
local answer = {'held', int(now), 0}
if ARGV[5] == '1' then
  -- A lease that ends later than a renewal can have set was written before the clock went back. Its node renews it in time, if it runs.
  local lease = tonumber(ARGV[2])
  for _, other in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. int(now + 2 * lease), '+inf')) do
    local ok, info = pcall(cjson.decode, redis.call('HGET', KEYS[2], other) or '')
    local own = ok and type(info) == 'table' and is_number(info.lease) and info.lease or lease
    local expiry = tonumber(redis.call('ZSCORE', KEYS[1], other))
    if expiry > now + 2 * own then redis.call('ZADD', KEYS[1], int(now + own), other) end
  end
  for _, lapsed in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', '(' .. int(now), 'LIMIT', 0, 64)) do
    if redis.call('ZREM', KEYS[1], lapsed) == 1 then
      redis.call('HDEL', KEYS[2], lapsed)
      answer[#answer + 1] = lapsed
    end
  end
end
answer[3] = #redis.call('ZRANGEBYSCORE', KEYS[1], int(now), '+inf')
return answer
