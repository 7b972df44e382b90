-- Stands before each script. Integers are formatted here, since Lua would write large ones as 1.7e+12.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)

local function int(n) return string.format('%.0f', n) end

-- When a batch was sent, by this clock. It may run much later. What the node tells of the clock is not believed when it is far off.
local function sent_at(text)
  local sent = tonumber(text)
  if sent > now - 60000 and sent < now then return sent end
  return now
end

-- A number that can be computed with and written as an integer.
local function is_number(n) return type(n) == 'number' and n > -9007199254740992 and n < 9007199254740992 end

-- An entry, or nil. What cannot be read counts as none, so that one bad entry does not stop a batch. A field that may be absent and cannot be read is absent;
-- `bad` tells it, so that the entry is written anew.
local function read(raw)
  if not raw then return nil end
  local ok, entry = pcall(cjson.decode, raw)
  if not ok or type(entry) ~= 'table' or not is_number(entry.g) or not is_number(entry.t) then return nil end
  for _, name in ipairs({'e', 'n', 'c', 's'}) do
    if type(entry[name]) ~= 'string' then return nil end
  end
  entry.bad = nil
  for _, name in ipairs({'f', 'a', 'r', 'l', 'i'}) do
    if entry[name] ~= nil and not (name == 'i' and type(entry.i) == 'string' or name ~= 'i' and is_number(entry[name])) then
      entry[name], entry.bad = nil, true
    end
  end
  return entry
end

-- The highest generation that the identity is known to have had.
local function highest(entry)
  if not entry then return 0 end
  return math.max(entry.g, entry.f or 0)
end

-- The JSON of an entry with a higher floor: the next connection of the identity gets a generation above it.
local function raise(raw, floor) return string.gsub(string.gsub(raw, ',"f":%d+', ''), '}$', '') .. ',"f":' .. int(floor) .. '}' end

-- The JSON of an entry. `fields` has n and c, `optional` has i and a; both are JSON made by the node. `f` is there when another connection had a higher
-- generation.
local function write(g, epoch, fields, session, optional, t, r, f)
  local entry = '{"g":' .. int(g) .. ',"e":"' .. epoch .. '",' .. fields .. ',"s":' .. cjson.encode(session) .. optional
  entry = entry .. ',"t":' .. int(t) .. ',"r":' .. int(r)
  if f and f > g then entry = entry .. ',"f":' .. int(f) end
  return entry .. '}'
end

local function event(key, max, change, id, g, epoch, node, connection, session, reason, cause)
  local fields = {'XADD', key, 'MAXLEN', '~', max, '*', 'change', change, 'id', id, 'g', int(g), 'e', epoch, 'n', node, 'c', connection, 's', session}
  if reason and reason ~= '' then fields[#fields + 1] = 'reason'; fields[#fields + 1] = reason end
  if cause and cause ~= '' then fields[#fields + 1] = 'cause'; fields[#fields + 1] = cause end
  fields[#fields + 1] = 'at'
  fields[#fields + 1] = int(now)
  redis.call(unpack(fields))
end

-- Claims a token for a connection. False when another one has claimed it.
local function claim(key, value, milliseconds)
  if redis.call('SET', key, value, 'NX', 'PX', milliseconds) then return true end
  return redis.call('GET', key) == value
end

-- The marker of the partition. A missing one means that the partition is new, or was lost.
local function marker(key, new)
  local boot = redis.call('GET', key)
  if boot then return boot end
  redis.call('SET', key, new)
  return new
end

-- Adds what is held for a client and still lives. It stays in the list until the node says that it has it (Taken.lua). Each element is its end, ':' and the
-- message.
local function add_held(key, answer)
  for _, element in ipairs(redis.call('LRANGE', key, 0, -1)) do
    local colon = string.find(element, ':', 1, true)
    if colon and (tonumber(string.sub(element, 1, colon - 1)) or 0) > now then answer[#answer + 1] = element end
  end
end

-- What a connection left unacknowledged; it stays like what is held.
local function delivery_of(key) return redis.call('GET', key) or '' end

-- Keeps what a connection left unacknowledged: its generation, ':', the time, ':' and the state. That of a later connection stays.
local function keep_delivery(key, g, state, at, milliseconds)
  local stored = redis.call('GET', key)
  local known = stored and tonumber(string.match(stored, '^(%d+):'))
  if known and known > g then return false end
  redis.call('SET', key, int(g) .. ':' .. int(at) .. ':' .. state, 'PX', milliseconds)
  return true
end
