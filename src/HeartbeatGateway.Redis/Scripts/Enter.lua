-- Enters clients that sent a hello: claims the token, draws the generation, changes the directory and appends the event in one step.
-- KEYS: dir, events, epochs, node:<epoch>, boot; for each hello ended, delivery, held, claim.
-- ARGV: epoch, node, new marker, events kept, when it was sent, when nobody waits for it any more; for each hello id, connection, instance, attempt,
-- resume, new session, floor, claim, claimed for, fields, optional.
local epoch, node, max = ARGV[1], ARGV[2], ARGV[4]
local answers = {int(now), marker(KEYS[5], ARGV[3])}
local t = sent_at(ARGV[5])
local isLate = tonumber(ARGV[6]) > 0 and now > tonumber(ARGV[6])
local hasEntered = false
local k = 6
for a = 7, #ARGV, 11 do
  local id, connection, instance, attempt = ARGV[a], ARGV[a + 1], ARGV[a + 2], tonumber(ARGV[a + 3])
  local resume, session, floor = ARGV[a + 4], ARGV[a + 5], tonumber(ARGV[a + 6])
  local current = read(redis.call('HGET', KEYS[1], id))
  if isLate or current and current.e == epoch and current.c == connection then
    -- The node has welcomed the client without the directory. It may have moved to another node since, or the node has restored this connection.
    answers[#answers + 1] = {'late'}
  elseif tonumber(ARGV[a + 8]) > 0 and not claim(KEYS[k + 3], ARGV[a + 7], ARGV[a + 8]) then
    answers[#answers + 1] = {'replayed'}
  elseif current and instance ~= '' and current.i == instance and attempt >= 0 and current.a and current.a > attempt then
    answers[#answers + 1] = {'abandoned'}
  else
    local ended = read(redis.call('GET', KEYS[k]))
    local previous = current or ended
    local g = math.max(math.max(highest(current), highest(ended)) + 1, now, floor)
    local reconnected = previous ~= nil or resume ~= ''
    local r = (previous and previous.r or 0) + (reconnected and 1 or 0)
    if previous and resume ~= '' and previous.s == resume then session = resume end
    redis.call('HSET', KEYS[1], id, write(g, epoch, ARGV[a + 9], session, ARGV[a + 10], t, r))
    redis.call('SADD', KEYS[4], id)
    hasEntered = true
    if ended then redis.call('DEL', KEYS[k]) end
    event(KEYS[2], max, current and 'replaced' or reconnected and 'reconnected' or 'connected', id, g, epoch, node, connection, session)
    local answer = {'entered', int(g), '', '', '', '', '', '', '', '', delivery_of(KEYS[k + 1])}
    if previous then
      answer[3], answer[4], answer[5], answer[6] = previous.e, previous.c, previous.s, int(previous.g)
      answer[7], answer[8], answer[10] = current and '1' or '0', previous.i or '', int(previous.r or 0)
      if not current and previous.l then answer[9] = int(math.max(0, now - previous.l)) end
    end
    add_held(KEYS[k + 2], answer)
    answers[#answers + 1] = answer
  end
  k = k + 4
end
if hasEntered then redis.call('SADD', KEYS[3], epoch) end
return answers
