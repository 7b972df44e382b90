-- Enters clients that are connected already, and decides between two connections of one client.
-- KEYS: dir, events, epochs, node:<epoch>, boot; for each client ended, delivery, held, claim.
-- ARGV: epoch, former epoch, node, new marker, events kept, when it was sent; for each client id, generation, connection, session, instance, attempt,
-- connected for, reconnects, claim, claimed for, fields, optional.
local epoch, former, node, max = ARGV[1], ARGV[2], ARGV[3], ARGV[5]
local answers = {int(now), marker(KEYS[5], ARGV[4])}
local sent = sent_at(ARGV[6])
local hasEntered = false

-- The same instance: the higher attempt. Otherwise the later connect time, then the generation. Without a difference the entry stays.
local function wins(instance, attempt, t, g, entry)
  if instance ~= '' and entry.i == instance and attempt >= 0 and entry.a and entry.a ~= attempt then return attempt > entry.a end
  if t ~= entry.t then return t > entry.t end
  return g > entry.g
end

-- The record is of this connection. A node whose lease has lapsed twice no longer tells the epoch of the record.
local function is_own(record, g, connection, session)
  if not record or record.c ~= connection then return false end
  return record.e == epoch or record.e == former or (record.g == g and record.s == session and record.n == node)
end

local k = 6
for a = 7, #ARGV, 12 do
  local id, g, connection, session = ARGV[a], tonumber(ARGV[a + 1]), ARGV[a + 2], ARGV[a + 3]
  local instance, attempt, t, r = ARGV[a + 4], tonumber(ARGV[a + 5]), sent - tonumber(ARGV[a + 6]), tonumber(ARGV[a + 7])
  local raw = redis.call('HGET', KEYS[1], id)
  local entry = read(raw)
  local known = tonumber(ARGV[a + 9])
  if known > 0 and not claim(KEYS[k + 3], ARGV[a + 8], known) then
    answers[#answers + 1] = {'claimed'}
  else
    local own = is_own(entry, g, connection, session)
    local ended = not entry and read(redis.call('GET', KEYS[k])) or nil
    local answer = {'same', '', '', '', '', ''}
    if entry and not own and not wins(instance, attempt, t, g, entry) then
      -- The next connection of the identity gets a generation above this one too.
      if g > highest(entry) then redis.call('HSET', KEYS[1], id, raise(raw, g)) end
      answer[1] = 'displaced'
    elseif ended and ended.l and is_own(ended, g, connection, session) then
      -- The departure of this connection came first.
      answer = {'left'}
    else
      local changed = not own or entry.g ~= g or entry.s ~= session
      if changed or entry.e ~= epoch or entry.bad then
        answer[1] = changed and 'kept' or 'renewed'
        -- An entry keeps its connect time: an age that was measured again would move it. One that was entered too late has another generation.
        if own then t = changed and math.min(t, entry.t) or entry.t end
        redis.call('HSET', KEYS[1], id, write(g, epoch, ARGV[a + 10], session, ARGV[a + 11], t, r, math.max(highest(entry), highest(ended))))
      end
      redis.call('SADD', KEYS[4], id)
      hasEntered = true
      if ended then redis.call('DEL', KEYS[k]) end
      if changed then
        if entry and not own then answer[2], answer[3], answer[4], answer[5] = entry.e, entry.c, int(entry.g), entry.i or '' end
        event(KEYS[2], max, entry and 'replaced' or ended and 'reconnected' or 'connected', id, g, epoch, node, connection, session)
      end
      answer[6] = delivery_of(KEYS[k + 1])
      add_held(KEYS[k + 2], answer)
    end
    answers[#answers + 1] = answer
  end
  k = k + 4
end
if hasEntered then redis.call('SADD', KEYS[3], epoch) end
return answers
