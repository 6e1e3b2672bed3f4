-- One caller's requests of the last window, counted for all replicas. Times are whole microseconds.
--
-- KEYS: 1 what is known of the limit (a hash), 2 when we sent (a sorted set, of requests by time)
-- ARGV: 1 what to do, 2 the present instant ('' for this server's clock), 3 the window,
--       4 how much later than we send a server may count, 5 how long to remember what is known (ms)
--   take     6 how many may go out before the limit is known, 7 how long to wait after those
--            answers 0 if a request may be sent, which is then counted, else for how long not
--   observe  6 for how long nothing may be sent ('' if nothing was refused), 7 whether the answer told the limit (1),
--            8 the limit ('' for none), 9 how much of it we use, 10 what remains ('' if it was not told)
--   state    answers: known, limit (-1 for none), usable, sent, used by others, blocked for
local about, sent = KEYS[1], KEYS[2]
local window, latency = tonumber(ARGV[3]), tonumber(ARGV[4])
local now = tonumber(ARGV[2])
if not now then
  local clock = redis.call('TIME')
  now = clock[1] * 1000000 + clock[2]
end

local function whole(number)
  return string.format('%.0f', number)
end

-- What something else left under our names would break every question for a day.
local function clear_unless(kind, key)
  local found = redis.call('TYPE', key).ok
  if found ~= kind and found ~= 'none' then
    redis.call('DEL', key)
  end
end
clear_unless('hash', about)
clear_unless('zset', sent)

local facts = redis.call('HMGET', about, 'known', 'limit', 'usable', 'blocked', 'others')
local known, limit, usable = facts[1] == '1', tonumber(facts[2]), tonumber(facts[3]) or 1
local blocked = tonumber(facts[4]) or 0

-- How many requests of others were seen when. Counts fall from left to right; each holds for a window.
local others = {}
for seen, count in string.gmatch(facts[5] or '', '(%d+):(%d+)') do
  if tonumber(seen) + window > now then
    others[#others + 1] = { seen = tonumber(seen), count = tonumber(count) }
  end
end

local function sent_in_window()
  return redis.call('ZCOUNT', sent, '(' .. whole(now - window), '+inf')
end

local function allowed()
  return math.min(usable, limit - (others[1] and others[1].count or 0))
end

local function forget_old()
  redis.call('ZREMRANGEBYSCORE', sent, '-inf', whole(now - window - latency))
end

local function time_to_wait()
  if now < blocked then
    return blocked - now
  end
  if not known then
    return sent_in_window() < tonumber(ARGV[6]) and 0 or tonumber(ARGV[7])
  end
  if not limit or sent_in_window() < allowed() then
    return 0
  end
  local first = redis.call('ZRANGEBYSCORE', sent, '(' .. whole(now - window), '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
  local change = math.huge
  if first[2] then
    change = tonumber(first[2]) + window
  end
  if others[1] then
    change = math.min(change, others[1].seen + window)
  end
  return change == math.huge and window or change - now
end

local function take()
  forget_old()
  local wait = time_to_wait()
  if wait > 0 then
    return math.max(1, math.ceil(wait))
  end
  if limit or not known then
    local number = redis.call('HINCRBY', about, 'number', 1)
    redis.call('ZADD', sent, whole(now), whole(now) .. ':' .. whole(number))
    redis.call('PEXPIRE', sent, math.ceil((window + latency) / 1000))
    redis.call('PEXPIRE', about, ARGV[5])
  end
  return 0
end

local function note_others(count)
  if count <= 0 then
    return
  end
  while others[1] and others[#others].count <= count do
    table.remove(others)
  end
  others[#others + 1] = { seen = now, count = count }
end

local function save_others()
  local words = {}
  for _, one in ipairs(others) do
    words[#words + 1] = whole(one.seen) .. ':' .. whole(one.count)
  end
  redis.call('HSET', about, 'others', table.concat(words, ' '))
end

local function observe()
  forget_old()
  local pause, told = tonumber(ARGV[6]), ARGV[7] == '1'
  if pause then
    redis.call('HSET', about, 'blocked', whole(math.max(blocked, now + pause)))
    redis.call('ZPOPMAX', sent)
    if not told then
      redis.call('PEXPIRE', about, ARGV[5])
      return 0
    end
  end
  redis.call('HSET', about, 'known', '1')
  limit = tonumber(ARGV[8])
  if not limit then
    redis.call('DEL', sent)
    redis.call('HDEL', about, 'limit', 'usable', 'others')
  else
    redis.call('HSET', about, 'limit', whole(limit), 'usable', ARGV[9])
    local remaining = tonumber(ARGV[10])
    if remaining then
      note_others(limit - remaining - redis.call('ZCARD', sent))
    end
    save_others()
  end
  redis.call('PEXPIRE', about, ARGV[5])
  return 0
end

if ARGV[1] == 'take' then
  return take()
elseif ARGV[1] == 'observe' then
  return observe()
end
return {
  known and 1 or 0, limit or -1, usable, sent_in_window(), others[1] and others[1].count or 0,
  math.max(0, blocked - now),
}
