-- The nodes with a valid lease. KEYS: leases, info.
local answer = {int(now)}
for _, epoch in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], int(now), '+inf')) do
  answer[#answer + 1] = epoch
  answer[#answer + 1] = redis.call('HGET', KEYS[2], epoch) or ''
end
return answer
