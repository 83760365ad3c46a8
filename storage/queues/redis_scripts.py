"""The atomic operations of a Redis queue, as Lua scripts that run on the server.

All keys begin with `{NAME}:`, whose braces keep them on one node of a cluster.

| key | what |
|---|---|
| `stream:GROUP` | its events in order; consumer group `workers`; what was delivered and not acknowledged is pending there |
| `waiting:GROUP` | hash: coalescing key → ID of the event that waits under it |
| `held:GROUP` | set: IDs under a valid lease |
| `groups` | sorted set: every group with events → when it may be taken again (ms, the server's clock) |
| `grants` | hash: group → token of the `take` that leased it |
| `holds` | hash: group → end of the longest delay its events were released with |
| `reasons` | hash: `GROUP ID` → reason of the last release |
| `failures` | hash: `GROUP ID` → how often its work has failed |
| `unanswered` | hash: `GROUP ID` → how many of its leases have expired |
| `dead` | stream of dead letters |
| `paused` | hash: paused group → since when (Unix time, seconds) |
"""

from __future__ import annotations

from typing import Final

_COMMON: Final = """
local P = KEYS[1] .. ':'
local function stream(g) return P .. 'stream:' .. g end
local function waiting(g) return P .. 'waiting:' .. g end
local function held(g) return P .. 'held:' .. g end
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000 -- to the microsecond: groups put one after the other keep their order
local function tell(g) redis.call('PUBLISH', P .. 'news', g) end
local function stands(g, id) return #redis.call('XRANGE', stream(g), id, id) > 0 end

local function put(g, key, event)
  if redis.call('HEXISTS', waiting(g), key) == 1 then return 0 end
  if redis.call('EXISTS', stream(g)) == 0 then redis.call('XGROUP', 'CREATE', stream(g), 'workers', '0', 'MKSTREAM') end
  redis.call('HSET', waiting(g), key, redis.call('XADD', stream(g), '*', 'event', event, 'key', key))
  redis.call('ZADD', P .. 'groups', 'NX', now, g)
  tell(g)
  return 1
end

local function forget(g, id)
  redis.call('XACK', stream(g), 'workers', id)
  redis.call('XDEL', stream(g), id)
  for _, name in ipairs({'reasons', 'failures', 'unanswered'}) do redis.call('HDEL', P .. name, g .. ' ' .. id) end
end

-- The older event stands for the one that waits under its key.
local function coalesce(g, key, id)
  local newer = redis.call('HGET', waiting(g), key)
  if newer and newer ~= id then forget(g, newer) end
  redis.call('HDEL', waiting(g), key)
end

local function bury(g, id, fields, attempts, reason)
  redis.call('XADD', P .. 'dead', '*', 'event', fields[2], 'key', fields[4], 'group', g, 'attempts', attempts, 'reason', reason)
  forget(g, id)
end

local function attempts(g, id)
  local pending = redis.call('XPENDING', stream(g), 'workers', id, id, 1)
  return pending[1] and pending[1][4] or 0
end

-- After its last lease the group is free, at once or when its delay has passed.
local function settle(g)
  if redis.call('SCARD', held(g)) > 0 then return end
  local hold = redis.call('HGET', P .. 'holds', g)
  redis.call('HDEL', P .. 'grants', g)
  redis.call('HDEL', P .. 'holds', g)
  if redis.call('XLEN', stream(g)) == 0 then redis.call('ZREM', P .. 'groups', g)
  else redis.call('ZADD', P .. 'groups', math.max(now, tonumber(hold or 0)), g) end
  tell(g)
end

local function ours(g, token, id)
  return redis.call('HGET', P .. 'grants', g) == token and redis.call('SISMEMBER', held(g), id) == 1
end
"""

PUT: Final = _COMMON + "return put(ARGV[1], ARGV[2], ARGV[3])"
"""ARGV: group, key, event. 1: accepted, 0: coalesced."""

TAKE: Final = (
    _COMMON
    + """
local limit, lease, most, token, consumer = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4], ARGV[5]
local most_groups = tonumber(ARGV[6])

local paused = {}
for _, g in ipairs(redis.call('HKEYS', P .. 'paused')) do paused[g] = true end

local free, share, left = {}, {}, limit
for _, g in ipairs(redis.call('ZRANGEBYSCORE', P .. 'groups', '-inf', now)) do
  if #free ~= most_groups and not paused[g] then free[#free + 1] = g; share[g] = 0 end
end
local more = true
while more and left > 0 do
  more = false
  for _, g in ipairs(free) do
    if left > 0 and share[g] < redis.call('XLEN', stream(g)) then share[g] = share[g] + 1; left = left - 1; more = true end
  end
end

local given, buried = {}, 0
local function give(g, id, fields, attempt)
  coalesce(g, fields[4], id)
  redis.call('SADD', held(g), id)
  given[#given + 1] = {g, id, fields[2], fields[4], attempt}
end

for _, g in ipairs(free) do
  if share[g] > 0 then
    -- Its leases, if it had any, have expired: the worker died or hangs, which cannot be told apart from here.
    for _, id in ipairs(redis.call('SMEMBERS', held(g))) do redis.call('HINCRBY', P .. 'unanswered', g .. ' ' .. id, 1) end
    redis.call('DEL', held(g))
    redis.call('HDEL', P .. 'holds', g)
    local again = redis.call('XAUTOCLAIM', stream(g), 'workers', consumer, 0, '0-0', 'COUNT', share[g])[2]
    for _, entry in ipairs(again) do
      local attempt = attempts(g, entry[1])
      if tonumber(redis.call('HGET', P .. 'unanswered', g .. ' ' .. entry[1]) or 0) >= most then
        local reason = 'given ' .. attempt - 1 .. ' times, and ' .. most .. ' workers never answered for it'
        local before = redis.call('HGET', P .. 'reasons', g .. ' ' .. entry[1])
        if before then reason = reason .. '; released before: ' .. before end
        bury(g, entry[1], entry[2], attempt - 1, reason)
        buried = buried + 1
      else give(g, entry[1], entry[2], attempt) end
    end
    if #again < share[g] then
      local new = redis.call('XREADGROUP', 'GROUP', 'workers', consumer, 'COUNT', share[g] - #again, 'STREAMS', stream(g), '>')
      if new then for _, entry in ipairs(new[1][2]) do give(g, entry[1], entry[2], 1) end end
    end
    if redis.call('SCARD', held(g)) > 0 then
      redis.call('HSET', P .. 'grants', g, token)
      redis.call('ZADD', P .. 'groups', now + lease, g)
    else settle(g) end
  end
end
local next = redis.call('ZRANGEBYSCORE', P .. 'groups', string.format('(%.3f', now), '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
return {given, buried, next[2] and math.max(0, math.ceil(next[2] - now)) or -1}
"""
)
"""ARGV: limit, ms of a lease, most unanswered leases, token, consumer, most groups (-1: any number). Gives
[[group, ID, event, key, attempt], …], how many were buried, ms until another group may be free (-1: none is taken or held)."""

ACK: Final = (
    _COMMON
    + """
local g, token, id = ARGV[1], ARGV[2], ARGV[3]
if not ours(g, token, id) then return stands(g, id) and 0 or 1 end
redis.call('SREM', held(g), id)
forget(g, id)
settle(g)
return 1
"""
)
"""ARGV: group, token, ID. 0: the lease was lost."""

RELEASE: Final = (
    _COMMON
    + """
local g, token, id, most, delay, reason = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5]), ARGV[6]
local failed = ARGV[7] == '1'
if not ours(g, token, id) then return 0 end
local fields, attempt = redis.call('XRANGE', stream(g), id, id)[1][2], attempts(g, id)
redis.call('SREM', held(g), id)
if failed and redis.call('HINCRBY', P .. 'failures', g .. ' ' .. id, 1) >= most then bury(g, id, fields, attempt, reason)
else
  coalesce(g, fields[4], id)
  redis.call('HSET', waiting(g), fields[4], id)
  redis.call('HSET', P .. 'reasons', g .. ' ' .. id, reason)
  if delay > 0 then
    local before = tonumber(redis.call('HGET', P .. 'holds', g) or 0)
    redis.call('HSET', P .. 'holds', g, math.max(before, now + delay))
  end
end
settle(g)
return 1
"""
)
"""ARGV: group, token, ID, most failures, delay in ms, reason, 1 if the work failed. 0: the lease was lost."""

EXTEND: Final = (
    _COMMON
    + """
if not ours(ARGV[1], ARGV[2], ARGV[3]) then return 0 end
redis.call('ZADD', P .. 'groups', 'GT', now + tonumber(ARGV[4]), ARGV[1])
return 1
"""
)
"""ARGV: group, token, ID, ms from now. 0: the lease was lost."""

DEPTH: Final = (
    _COMMON
    + """
local found = {}
for _, g in ipairs(redis.call('ZRANGE', P .. 'groups', 0, -1)) do
  local living = tonumber(redis.call('ZSCORE', P .. 'groups', g)) > now
  local taken = living and redis.call('SCARD', held(g)) or 0
  found[#found + 1] = {g, redis.call('XLEN', stream(g)) - taken, taken}
end
return {found, redis.call('XLEN', P .. 'dead')}
"""
)
"""[[group, waiting, taken], …], dead."""

PAUSE: Final = _COMMON + "return redis.call('HSETNX', P .. 'paused', ARGV[1], time[1])"
"""ARGV: group."""

RESUME: Final = (
    _COMMON
    + """
local resumed = redis.call('HDEL', P .. 'paused', ARGV[1])
tell(ARGV[1])
return resumed
"""
)
"""ARGV: group. 1: it was paused."""

REDRIVE: Final = (
    _COMMON
    + """
local found = redis.call('XRANGE', P .. 'dead', '-', '+', 'COUNT', ARGV[1])
for _, entry in ipairs(found) do
  put(entry[2][6], entry[2][4], entry[2][2])
  redis.call('XDEL', P .. 'dead', entry[1])
end
return #found
"""
)
"""ARGV: at most how many. Gives how many there were."""

TIDY: Final = (
    _COMMON
    + """
for _, g in ipairs(redis.call('ZRANGE', P .. 'groups', 0, -1)) do
  for _, one in ipairs(redis.call('XINFO', 'CONSUMERS', stream(g), 'workers')) do
    if one[4] == 0 and one[6] > tonumber(ARGV[1]) then redis.call('XGROUP', 'DELCONSUMER', stream(g), 'workers', one[2]) end
  end
end
"""
)
"""Forgets consumers that hold nothing and were last seen ARGV[1] ms ago: each worker process leaves one behind."""
