"""What happens in Redis in one step each, so that nobody sees half of it.

Each of them first looks whether what can be read is what the writer believes it to be: a command that comes
twice, or late from a connection that was given up, changes nothing.
"""

from typing import Final

DONE: Final = b"done"
AGAIN: Final = b"again"  # it was done already
LOST: Final = b"lost"  # what can be read is older than what was written, or nothing
TAKEN: Final = b"taken"  # somebody else writes this
BUSY: Final = b"busy"  # somebody else is there who doesn't go together with this one

# How much of a generation there is. A server that lacks memory may throw away a key and keep the others: what
# is left is no world.
_SIZES: Final = """
local function sizes()
  return ARGV[1] .. ' ' .. redis.call('HLEN', KEYS[2]) .. ' ' .. redis.call('HLEN', KEYS[3])
end
"""

# KEYS: meta, members, facts, events, channel. ARGV: generation, before, offset, from where on the past is
# kept, seconds that it lives, whether it is forgotten; then four counts, each with as many arguments: members
# to set and to drop, facts to set and to drop; then the portions that are told: before, offset, events. Where
# the past is forgotten, those of it that may still be told come first. What
# fails on the way stays done by half: so what may be refused comes before the past, which can't be added
# twice. Where the past takes nothing, being a stranger's, all is lost.
FLUSH: Final = f"""{_SIZES}
local meta = redis.call('HMGET', KEYS[1], 'generation', 'offset', 'sizes')
if not meta[1] then return 'lost' end
if meta[1] ~= ARGV[1] then return 'taken' end
if meta[2] == ARGV[3] then return 'again' end
if meta[2] ~= ARGV[2] or meta[3] ~= sizes() then return 'lost' end
local at = 7
local function some(command, key)
  local last = at + tonumber(ARGV[at])
  local first = at + 1
  at = last + 1
  while first <= last do
    local to = math.min(first + 999, last)
    redis.call(command, key, unpack(ARGV, first, to))
    first = to + 1
  end
end
some('HSET', KEYS[2])
some('HDEL', KEYS[2])
some('HSET', KEYS[3])
some('HDEL', KEYS[3])
if ARGV[6] == '1' then redis.call('DEL', KEYS[4]) end
local lives = tonumber(ARGV[5]) > 0
for portion = at, #ARGV, 3 do
  local before, offset, events = ARGV[portion], ARGV[portion + 1], ARGV[portion + 2]
  if tonumber(offset) > tonumber(ARGV[2]) then
    redis.call('PUBLISH', KEYS[5], ARGV[1] .. ' ' .. before .. ' ' .. offset .. ' ' .. events)
  end
  if lives then
    local added = redis.pcall('XADD', KEYS[4], offset .. '-0', 'before', before, 'events', events)
    if type(added) == 'table' then return 'lost' end
  end
end
if lives then
  redis.call('XTRIM', KEYS[4], 'MINID', ARGV[4] .. '-0')
  redis.call('EXPIRE', KEYS[4], ARGV[5])
end
redis.call('HSET', KEYS[1], 'offset', ARGV[3], 'sizes', sizes())
return 'done'
"""

# KEYS: meta, members, facts, channel. ARGV: generation, epoch, offset, message, seconds that it all lives,
# whether to take it from whoever has it, and how many members and facts were written.
INSTALL: Final = f"""{_SIZES}
local old = redis.call('HGET', KEYS[1], 'generation')
if old and old > ARGV[1] and ARGV[6] ~= '1' then return 'taken' end
if sizes() ~= ARGV[1] .. ' ' .. ARGV[7] .. ' ' .. ARGV[8] then return 'lost' end
if old and old ~= ARGV[1] then
  local tag = string.sub(KEYS[1], 1, -5)
  redis.call('UNLINK', tag .. old .. ':members', tag .. old .. ':facts', tag .. old .. ':events')
end
redis.call('HSET', KEYS[1], 'generation', ARGV[1], 'epoch', ARGV[2], 'offset', ARGV[3], 'sizes', sizes())
for key = 1, 3 do redis.call('EXPIRE', KEYS[key], ARGV[5]) end
redis.call('PUBLISH', KEYS[4], ARGV[4])
return 'done'
"""

# KEYS: meta, members, facts. ARGV: generation, offset, seconds that it all lives. How a writer sees whether
# what it wrote is still there. Where another one writes, the answer is which, and how often it has looked and
# how far it is: who has much to write looks seldom.
CHECK: Final = f"""{_SIZES}
local meta = redis.call('HMGET', KEYS[1], 'generation', 'offset', 'beat', 'sizes')
if not meta[1] then return 'lost' end
if meta[1] ~= ARGV[1] then return {{meta[1], (meta[3] or '0') .. ' ' .. (meta[2] or '')}} end
if meta[2] ~= ARGV[2] or meta[4] ~= sizes() then return 'lost' end
redis.call('HINCRBY', KEYS[1], 'beat', 1)
for key = 1, 3 do redis.call('EXPIRE', KEYS[key], ARGV[3]) end
return 'done'
"""

# KEYS: meta, channel. ARGV: a message. The end of a guild, whoever wrote it.
REMOVE: Final = """
local old = redis.call('HGET', KEYS[1], 'generation')
if old then
  local tag = string.sub(KEYS[1], 1, -5)
  redis.call('UNLINK', tag .. old .. ':members', tag .. old .. ':facts', tag .. old .. ':events')
end
redis.call('DEL', KEYS[1])
return redis.call('PUBLISH', KEYS[2], ARGV[1])
"""

# KEYS: parts, infos, channel, what says that this part's writer is alive. ARGV: part, generation, whether it
# is complete, whether it is taken over, what the writer says of itself, for how many seconds that is to be
# believed, up to where the writer has written it, up to where this is, and a guild of this part that is
# listed, if one is; then guilds and what is told of them, empty for those that are gone. Parts that don't go
# together with this one are forgotten with their writers; as long as one of those lives, this one is refused.
# Where something else is there than was written, as on a server that was restored or lacks memory, the list
# is lost.
LIST: Final = """
local function range(name)
  local first, last, total = string.match(name, '^(%d+)-?(%d*)/(%d+)$')
  first = tonumber(first)
  return first, tonumber(last) or first, total
end
local old = redis.call('HGET', KEYS[1], ARGV[1]) or ''
local generation, before = string.match(old, '^(%S+) (%d+)')
if ARGV[4] == '1' then
  local first, last, total = range(ARGV[1])
  local gone = {}
  for _, name in ipairs(redis.call('HKEYS', KEYS[1])) do
    local from, to, of = range(name)
    if name ~= ARGV[1] and from and (of ~= total or (from <= last and first <= to)) then
      if redis.call('EXISTS', 'dzone:{guilds}:alive:' .. name) == 1 then return {'busy', name} end
      gone[#gone + 1] = name
    end
  end
  for _, name in ipairs(gone) do redis.call('HDEL', KEYS[1], name) end
else
  if not generation then return 'lost' end
  if generation ~= ARGV[2] then return {'taken', generation, before} end
  if before ~= ARGV[7] then return 'lost' end
  if ARGV[9] ~= '' and redis.call('HEXISTS', KEYS[2], ARGV[9]) == 0 then return 'lost' end
end
local changes = {}
for at = 10, #ARGV, 2 do
  changes[#changes + 1] = ARGV[at]
  changes[#changes + 1] = ARGV[at + 1]
  if ARGV[at + 1] == '' then
    redis.call('HDEL', KEYS[2], ARGV[at])
  else
    redis.call('HSET', KEYS[2], ARGV[at], ARGV[at + 1])
  end
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2] .. ' ' .. ARGV[8] .. ' ' .. ARGV[3])
redis.call('SET', KEYS[4], ARGV[5], 'EX', ARGV[6])
local told = cjson.encode({ARGV[1], ARGV[2], tonumber(before or '0'), tonumber(ARGV[8]), ARGV[3], changes})
redis.call('PUBLISH', KEYS[3], told)
return 'done'
"""

# KEYS: what says that a writer is alive. ARGV: how that begins if it is this one.
LEAVE: Final = """
local said = redis.call('GET', KEYS[1])
if said and string.sub(said, 1, #ARGV[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 'done'
"""

# KEYS: logins that ended, channel. ARGV: until when those would have been good that are forgotten, how many
# are kept and for how many seconds; then logins, and until when each would have been good.
END_LOGINS: Final = """
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[1])
for at = 4, #ARGV, 2 do
  redis.call('ZADD', KEYS[1], ARGV[at + 1], ARGV[at])
  redis.call('PUBLISH', KEYS[2], ARGV[at] .. ' ' .. ARGV[at + 1])
end
redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -1 - tonumber(ARGV[2]))
redis.call('EXPIRE', KEYS[1], ARGV[3])
return 'done'
"""
