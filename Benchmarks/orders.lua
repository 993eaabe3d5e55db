-- wrk: POST /api/orders by a random customer, two random variants, quantity 1 to 3, a fresh Idempotency-Key each.
-- Reads $BENCH_INPUT/tokens (one access token a line) and $BENCH_INPUT/variants (one id a line).
local threads = 0

function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end

local function lines(name)
  local list = {}
  for line in io.lines(os.getenv("BENCH_INPUT") .. "/" .. name) do list[#list + 1] = line end
  return list
end

function init(args)
  math.randomseed(1000 + number)
  tokens, variants, sent = lines("tokens"), lines("variants"), 0
  run = os.getenv("BENCH_RUN") or "0"
end

function request()
  sent = sent + 1
  local first = math.random(#variants)
  local second = first % #variants + 1
  local body = string.format(
    '{"items":[{"variant_id":"%s","quantity":%d},{"variant_id":"%s","quantity":%d}],' ..
    '"shipping_address":{"line1":"1 Quay","city":"Hull","postal_code":"HU1","country":"GB"}}',
    variants[first], math.random(3), variants[second], math.random(3))
  return wrk.format("POST", "/api/orders", {
    ["Content-Type"] = "application/json",
    ["Authorization"] = "Bearer " .. tokens[math.random(#tokens)],
    ["Idempotency-Key"] = string.format("bench-%s-%d-%d", run, number, sent),
  }, body)
end

function done(summary, latency, requests)
  io.write(string.format("RESULT %d %d %d %.1f %.1f\n", summary.requests, summary.errors.status,
    summary.duration, latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
