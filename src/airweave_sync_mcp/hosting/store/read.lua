-- Values that differ from the versions already known.
-- KEYS: where they stand. ARGV: the bytes there is room for, then for each key the known version, '' for none.
-- Answers for each key: the value, nil if there is none, 1 if it is the known version, 2 if there was no room left.
local room = tonumber(ARGV[1])
local answers = {}
for i, key in ipairs(KEYS) do
  local known = ARGV[i + 1]
  if known ~= '' and redis.pcall('GETRANGE', key, 0, #known - 1) == known then
    answers[i] = 1
  elseif room <= 0 then
    answers[i] = 2
  else
    local value = redis.pcall('GET', key)
    answers[i] = type(value) == 'string' and value
    room = room - (answers[i] and #value or 0)
  end
end
return answers
