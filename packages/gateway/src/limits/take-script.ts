/**
 * `TokenBucket.take` inside Redis: KEYS[1] the bucket, ARGV rate and burst; answers {1 | 0, level as text}.
 * Time is the server's, so that nodes with skewed clocks share one bucket. Should it step back (a failover, NTP), no time
 * has passed. The key expires when the bucket is full, as a full bucket and none are the same.
 */
export const takeScript = `
local rate, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local level, full_at, taken, changed = burst, now, 0, false

local state = redis.call('GET', KEYS[1])
if state then
  local old = {}
  for value in string.gmatch(state, '%S+') do old[#old + 1] = tonumber(value) end
  local old_rate, old_burst, old_full_at, old_taken, seen = unpack(old)
  if now < seen then old_full_at = old_full_at - (seen - now) end
  level = old_burst + old_rate * (now - old_full_at) / 1000000 - old_taken
  changed = rate ~= old_rate or burst ~= old_burst
  if changed then
    level = math.min(old_burst, burst, level)
    taken = burst - level
  elseif level < burst then
    full_at, taken = old_full_at, old_taken
  else
    level = burst
  end
end

local allowed = level >= 1
if allowed then
  level, taken = level - 1, taken + 1
end
if allowed or changed then
  local ttl = math.min(math.ceil((burst - level) / rate * 1000) + 1000, 1e12)
  redis.call('SET', KEYS[1], string.format('%.17g %.17g %.0f %.17g %.0f', rate, burst, full_at, taken, now),
    'PX', string.format('%.0f', ttl))
end
return {allowed and 1 or 0, string.format('%.17g', level)}
`;
