-- Removes entries of a lost node, each with one event. What another connection has taken over stays.
-- KEYS: dir, events, epochs, node:<epoch>; for each client ended. ARGV: epoch, events kept, remembered for; ids.
local epoch, max = ARGV[1], ARGV[2]
local reaped = 0
for i = 4, #ARGV do
  local id = ARGV[i]
  local raw = redis.call('HGET', KEYS[1], id)
  local entry = read(raw)
  if entry and entry.e == epoch then
    redis.call('HDEL', KEYS[1], id)
    redis.call('SET', KEYS[i + 1], raw, 'PX', ARGV[3])
    event(KEYS[2], max, 'node_lost', id, entry.g, entry.e, entry.n, entry.c, entry.s)
    reaped = reaped + 1
  end
  redis.call('SREM', KEYS[4], id)
end
if redis.call('SCARD', KEYS[4]) == 0 then redis.call('SREM', KEYS[3], epoch) end
return reaped
