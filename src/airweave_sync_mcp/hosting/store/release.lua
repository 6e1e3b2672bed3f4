-- Give a lock back. KEYS: the lock. ARGV: the holder; another one's lock stays.
if redis.pcall('GET', KEYS[1]) == ARGV[1] then
  return redis.call('DEL', KEYS[1])
end
return 0
