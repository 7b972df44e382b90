-- Holds a message for a client. KEYS: held, dir. ARGV: messages at most, bytes at most, id, time to live, message.
-- Answers whether it is held, and the epoch of the node to which the client is connected, if it is.
local count, bytes = 0, #ARGV[5]
for _, element in ipairs(redis.call('LRANGE', KEYS[1], 0, -1)) do count, bytes = count + 1, bytes + #element end
if count >= tonumber(ARGV[1]) or bytes > tonumber(ARGV[2]) then return {0, ''} end
local finish = now + tonumber(ARGV[4])
local expiry = math.max(finish, now + math.max(0, redis.call('PTTL', KEYS[1])))
redis.call('RPUSH', KEYS[1], int(finish) .. ':' .. ARGV[5])
redis.call('PEXPIREAT', KEYS[1], int(expiry))
local entry = read(redis.call('HGET', KEYS[2], ARGV[3]))
return {1, entry and entry.e or ''}
