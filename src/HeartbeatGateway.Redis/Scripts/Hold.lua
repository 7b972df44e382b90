-- Holds messages for a client. KEYS: held, dir. ARGV: messages at most, bytes at most, id; for each message time to live, message.
-- Answers how many are held, and the epoch of the node to which the client is connected, if it is.
local count = redis.call('LLEN', KEYS[1])
local bytes = 0
for _, element in ipairs(redis.call('LRANGE', KEYS[1], 0, -1)) do bytes = bytes + #element end
local expiry = math.max(0, redis.call('PTTL', KEYS[1])) + now
local held = 0
for a = 4, #ARGV, 2 do
  bytes = bytes + #ARGV[a + 1]
  if count >= tonumber(ARGV[1]) or bytes > tonumber(ARGV[2]) then break end
  local finish = now + tonumber(ARGV[a])
  redis.call('RPUSH', KEYS[1], int(finish) .. ':' .. ARGV[a + 1])
  expiry = math.max(expiry, finish)
  count = count + 1
  held = held + 1
end
if held > 0 then redis.call('PEXPIREAT', KEYS[1], int(expiry)) end
local entry = read(redis.call('HGET', KEYS[2], ARGV[3]))
return {held, entry and entry.e or ''}
