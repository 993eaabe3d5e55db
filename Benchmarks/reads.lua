-- wrk: customers who read products and lists of them, and order once in a hundred requests. Each sends back the position of
-- its own last write; the request's id, which comes back with the answer, says whose it was.
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
  tokens, variants, slugs, sent, positions = lines("tokens"), lines("variants"), lines("slugs"), 0, {}
  run = os.getenv("BENCH_RUN") or "0"
end

function request()
  sent = sent + 1
  local customer = math.random(#tokens)
  local headers = {
    ["Authorization"] = "Bearer " .. tokens[customer],
    ["X-Request-Id"] = string.format("customer-%d-%d", customer, sent),
    ["X-Wharf-LSN"] = positions[customer],
  }
  if sent % 100 == 0 then
    headers["Content-Type"] = "application/json"
    headers["Idempotency-Key"] = string.format("reads-%s-%d-%d", run, number, sent)
    return wrk.format("POST", "/api/orders", headers, string.format(
      '{"items":[{"variant_id":"%s","quantity":1}],' ..
      '"shipping_address":{"line1":"1 Quay","city":"Hull","postal_code":"HU1","country":"GB"}}',
      variants[math.random(#variants)]))
  end
  if sent % 2 == 0 then return wrk.format("GET", "/api/catalog/products?page_size=20", headers) end
  return wrk.format("GET", "/api/catalog/products/" .. slugs[math.random(#slugs)], headers)
end

function response(status, headers)
  local customer = headers["X-Wharf-LSN"] and headers["X-Request-Id"]:match("^customer%-(%d+)")
  if customer then positions[tonumber(customer)] = headers["X-Wharf-LSN"] end
end

function done(summary, latency, requests)
  io.write(string.format("RESULT %d %d %d %.1f %.1f\n", summary.requests, summary.errors.status,
    summary.duration, latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
