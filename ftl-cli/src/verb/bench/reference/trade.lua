-- One trade: what was answered before, the margin, the price, and what the trade leaves.
-- KEYS: answer, instrument, wallet, position, board of equity, board of volume, keys to be flushed
-- ARGV: what was asked (a hash), direction (1 or -1), shares, account, instrument, time,
--       seconds that an answer is kept, 1 where something flushes
local known = redis.call('GET', KEYS[1])
if known then
  local asked, answer = string.match(known, '^(%S+) (.*)$')
  return asked == ARGV[1] and answer or 'reused'
end
local row = redis.call('HMGET', KEYS[2], 'base', 'imbalance', 'depth', 'most')
if not row[1] then return 'unknown' end
local direction, shares = tonumber(ARGV[2]), tonumber(ARGV[3])
local before, depth = tonumber(row[2]), tonumber(row[3])
local after = before + direction * shares
if math.abs(after) > tonumber(row[4]) then return 'capped' end
-- Prices in ten-thousandths, money in millionths. A fill is the mean of the marks before and after it.
local price = math.floor(row[1] + (before + after) / 2 * depth + 0.5)
local mark = math.floor(row[1] + after * depth + 0.5)
local cost = price * shares * 100
local margin = math.ceil(cost / 5)
local wallet = redis.call('HMGET', KEYS[3], 'balance', 'equity', 'used', 'volume')
if not wallet[1] then return 'nobody' end
local equity, used, volume = tonumber(wallet[2]), tonumber(wallet[3]), tonumber(wallet[4])
if equity - used < margin then return 'short ' .. margin .. ' ' .. equity - used end
equity = equity + direction * (mark - price) * shares * 100
used, volume = used + margin, volume + cost
redis.call('HSET', KEYS[2], 'imbalance', after, 'mark', mark)
redis.call('HSET', KEYS[3], 'equity', equity, 'used', used, 'volume', volume)
redis.call('HSET', KEYS[4], 'account', ARGV[4], 'instrument', ARGV[5], 'direction', direction, 'shares', shares,
  'price', price, 'cost', cost, 'margin', margin, 'at', ARGV[6])
redis.call('ZADD', KEYS[5], equity, ARGV[4])
redis.call('ZADD', KEYS[6], volume, ARGV[4])
local answer = string.format('ok %.0f %.0f %.0f %s %.0f %.0f', price, cost, margin, wallet[1], equity, used)
redis.call('SET', KEYS[1], ARGV[1] .. ' ' .. answer, 'EX', ARGV[7])
if ARGV[8] == '1' then redis.call('SADD', KEYS[7], KEYS[2], KEYS[3], KEYS[4]) end
return answer
