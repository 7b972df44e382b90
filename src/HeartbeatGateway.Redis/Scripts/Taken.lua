-- Removes what a node has taken of a client, and what is too old. What came meanwhile stays.
-- KEYS: delivery, held. ARGV: the delivery state; then the elements of held.
if ARGV[1] ~= '' and redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
local taken = {}
for a = 2, #ARGV do taken[ARGV[a]] = true end
local rest, latest = {}, 0
local elements = #ARGV > 1 and redis.call('LRANGE', KEYS[2], 0, -1) or {}
for _, element in ipairs(elements) do
  local finish = tonumber(string.match(element, '^(%d+):'))
  if finish and finish > now and not taken[element] then
    rest[#rest + 1] = element
    latest = math.max(latest, finish)
  end
end
if #rest < #elements then
  redis.call('DEL', KEYS[2])
  for _, element in ipairs(rest) do redis.call('RPUSH', KEYS[2], element) end
  if #rest > 0 then redis.call('PEXPIREAT', KEYS[2], int(latest)) end
end
return #rest
