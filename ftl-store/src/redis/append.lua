-- Puts a batch behind the head, if the head is the one that the caller built on; otherwise says where it is.
-- KEYS: head, stream. ARGV: epoch, last, id (of the head); caller's clock or '', most skew; last, at, id, chain (new); blob.
local head = redis.call('HMGET', KEYS[1], 'epoch', 'last', 'at', 'batch_epoch', 'id', 'chain')
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if not head[1] then return { 'gone', now } end
if head[1] ~= ARGV[1] or head[2] ~= ARGV[2] or head[5] ~= ARGV[3] then return { 'moved', now, unpack(head) } end
if ARGV[4] ~= '' and math.abs(now - ARGV[4]) > tonumber(ARGV[5]) then return { 'skewed', now } end
if head[2] ~= '0' and redis.call('EXISTS', KEYS[2]) == 0 then return { 'gone', now } end
redis.call('XADD', KEYS[2], ARGV[6] .. '-0', 'b', ARGV[10])
redis.call('HSET', KEYS[1], 'last', ARGV[6], 'at', ARGV[7], 'batch_epoch', ARGV[1], 'id', ARGV[8], 'chain', ARGV[9])
return { 'stored', now }
