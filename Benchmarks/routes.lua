-- wrk: one route of the shop at a time, as $BENCH_ROUTE says: list, detail, search, cart, line or checkout.
-- Reads from $BENCH_INPUT, a line each: slugs, categories, words, tokens (access tokens), variants (ids as JSON literals).
local route = os.getenv("BENCH_ROUTE")
local input = os.getenv("BENCH_INPUT")
local random = math.random
local threads = 0

function setup(thread)
  threads = threads + 1
  thread:set("number", threads)
end

local function lines(name)
  local list = {}
  for line in io.lines(input .. "/" .. name) do list[#list + 1] = line end
  return list
end

local function any(list) return list[random(#list)] end

local function bearers()
  local list = lines("tokens")
  for index, token in ipairs(list) do list[index] = "Bearer " .. token end
  return list
end

local make = {}

-- One of the first five pages, four in five within a category.
function make.list()
  local categories = lines("categories")
  return function()
    local path = "/api/catalog/products?page_size=20&page=" .. random(5)
    if random(5) > 1 then path = path .. "&category=" .. any(categories) end
    return wrk.format("GET", path)
  end
end

function make.detail()
  local slugs = lines("slugs")
  return function() return wrk.format("GET", "/api/catalog/products/" .. any(slugs)) end
end

function make.search()
  local words = lines("words")
  return function() return wrk.format("GET", "/api/search/products?page_size=20&q=" .. any(words)) end
end

-- Each customer's cart holds the first three variants.
function make.cart()
  local customers = bearers()
  return function() return wrk.format("GET", "/api/orders/cart", { Authorization = any(customers) }) end
end

function make.line()
  local customers, variants = bearers(), lines("variants")
  local headers = { ["Content-Type"] = "application/json" }
  return function()
    headers.Authorization = any(customers)
    local path = "/api/orders/cart/items/" .. variants[random(3)]:gsub('"', "")
    return wrk.format("PATCH", path, headers, '{"quantity":' .. random(9) .. "}")
  end
end

-- Two variants, one to three of each, a fresh key each time.
function make.checkout()
  local customers, variants, sent, run = bearers(), lines("variants"), 0, tonumber(os.getenv("BENCH_RUN"))
  local headers = { ["Content-Type"] = "application/json" }
  return function()
    sent = sent + 1
    local first = random(#variants)
    headers.Authorization = any(customers)
    headers["Idempotency-Key"] = string.format("%08x-0000-4%03x-8000-%012x", run, number, sent)
    return wrk.format("POST", "/api/orders", headers, string.format(
      '{"items":[{"variant_id":%s,"quantity":%d},{"variant_id":%s,"quantity":%d}],' ..
      '"shipping_address":{"line1":"1 Quay","city":"Hull","postal_code":"HU1","country":"GB"}}',
      variants[first], random(3), variants[first % #variants + 1], random(3)))
  end
end

function init(args)
  math.randomseed(1000 + number)
  request = make[route]()
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format("RESULT %d %d %d %.1f %.1f %.1f\n", summary.requests,
    errors.status + errors.connect + errors.read + errors.write + errors.timeout,
    summary.duration, latency:percentile(50) / 1000, latency:percentile(95) / 1000, latency:percentile(99) / 1000))
end
