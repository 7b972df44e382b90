-- Removes entries of connections that have ended, if they are still the node's own, and appends the events in the same step.
-- KEYS: dir, events, node:<epoch>, node:<former epoch>, boot; for each client ended, delivery.
-- ARGV: epoch, former epoch, events kept, node; for each client id, generation, connection, session, reason, cause, age of the last byte, remembered for,
-- delivery, delivery kept for, how long it has waited. Answers for each whether its entry was removed, and when delivery was kept the epoch of the node where the client is connected.
local epoch, former, max, node = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local answers = {int(now), redis.call('GET', KEYS[5]) or ''}
local k = 6
for a = 5, #ARGV, 11 do
  local id, g, connection, session = ARGV[a], tonumber(ARGV[a + 1]), ARGV[a + 2], ARGV[a + 3]
  local raw = redis.call('HGET', KEYS[1], id)
  local entry = read(raw)
  local mine = entry and (entry.e == epoch or entry.e == former)
  local removed, elsewhere = 0, ''
  -- The entry of a node whose lease has lapsed twice names an epoch that the node no longer tells.
  local same = entry and entry.g == g and entry.c == connection and entry.s == session and entry.n == node
  -- The generation differs when an answer came too late and the node has drawn its own. It may also be that of another connection, so it decides nothing.
  if same or mine and entry.c == connection then
    if g > highest(entry) then raw = raise(raw, g) end
    redis.call('HDEL', KEYS[1], id)
    redis.call('SREM', KEYS[3], id)
    redis.call('SREM', KEYS[4], id)
    local remembered = tonumber(ARGV[a + 7])
    if remembered > 0 then
      redis.call('SET', KEYS[k], string.sub(raw, 1, -2) .. ',"l":' .. int(now - tonumber(ARGV[a + 6])) .. '}', 'PX', remembered)
    end
    event(KEYS[2], max, 'disconnected', id, entry.g, entry.e, entry.n, entry.c, entry.s, ARGV[a + 4], ARGV[a + 5])
    removed, entry = 1, nil
  else
    -- Another node's entry, or none: the id has nothing to do in the node's own sets.
    if not mine then
      redis.call('SREM', KEYS[3], id)
      redis.call('SREM', KEYS[4], id)
    end
    -- A generation that the directory never had raises the identity's floor all the same.
    if entry then
      if g > highest(entry) then redis.call('HSET', KEYS[1], id, raise(raw, g)) end
    else
      local last = redis.call('GET', KEYS[k])
      local ended = read(last)
      if ended and g > highest(ended) then redis.call('SET', KEYS[k], raise(last, g), 'KEEPTTL') end
    end
  end
  if ARGV[a + 8] ~= '' and tonumber(ARGV[a + 9]) > 0 then
    local is_kept = keep_delivery(KEYS[k + 1], g, ARGV[a + 8], now - tonumber(ARGV[a + 10]), ARGV[a + 9])
    if is_kept and entry then elsewhere = entry.e end
  end
  answers[#answers + 1] = {removed, elsewhere}
  k = k + 2
end
return answers
