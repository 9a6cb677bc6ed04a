-- sysbench's oltp_read_write, each thread of which also counts the statements that were
-- answered in a file that others map: whoever reads it costs the server nothing.
require("oltp_read_write")

local ffi = require("ffi")
ffi.cdef[[
  int open(const char *path, int flags);
  void *mmap(void *at, size_t length, int protection, int flags, int file, int64_t offset);
]]

sysbench.cmdline.options.counters = {"File of the counters: 64 bytes a thread, the first eight are its count", ""}

local start = thread_init
local counter

-- counting is a prepared statement that counts.
local function counting(statement)
  return {
    execute = function()
      local result = statement:execute()
      counter[0] = counter[0] + 1
      return result
    end,
    close = function() return statement:close() end,
  }
end

function thread_init()
  local file = ffi.C.open(sysbench.opt.counters, 2) -- O_RDWR
  local memory = ffi.C.mmap(nil, 64 * sysbench.opt.threads, 3, 1, file, 0) -- PROT_READ | PROT_WRITE, MAP_SHARED
  assert(file >= 0 and ffi.cast("intptr_t", memory) ~= -1, "the file of the counters cannot be mapped")
  counter = ffi.cast("volatile int64_t *", memory) + 8 * sysbench.tid
  start()
  stmt.begin, stmt.commit = counting(stmt.begin), counting(stmt.commit)
  for _, statements in ipairs(stmt) do -- of each table
    for name, statement in pairs(statements) do
      statements[name] = counting(statement)
    end
  end
end
