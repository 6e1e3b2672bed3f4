-- Take a lock, or hold it for longer. KEYS: the lock. ARGV: the holder, the lifetime in ms.
-- Answers 1 if it is now the holder's.
local holder = redis.pcall('GET', KEYS[1])
if type(holder) == 'string' and holder ~= ARGV[1] then
  return 0
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
