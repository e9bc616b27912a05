--- Evaluates code in the live page, over `repl-bridge lsp`. Neovim 0.7 and later.
local M = {}

local options = {
  cmd = { "repl-bridge", "lsp" },
  -- The runtime to begin with: a number or a name.
  runtime = nil,
  -- The lines of the page's console that are kept.
  console_lines = 10000,
}

local filetypes = { "javascript", "javascriptreact", "typescript", "typescriptreact", "html", "vue", "svelte" }

local namespace = vim.api.nvim_create_namespace("repl-bridge")
local client_id = nil
local status = { bridge = "away", runtimes = 0, text = "not started" }
-- By buffer and extmark: the lines of the code, from 0, and the whole text of its outcome.
local results = {}
-- By buffer: for each eval under way, the changes since it was asked for.
local changes = {}

local function say(message, level)
  vim.notify("repl-bridge: " .. message, level or vim.log.levels.INFO)
end

-- What stands beside lines

local function withdraw(buffer, id)
  vim.api.nvim_buf_del_extmark(buffer, namespace, id)
  results[buffer][id] = nil
end

-- A result goes when its lines change, and moves when others do. False when it is to go.
local function move(result, first, last, new_last)
  if result.from >= last then
    result.from = result.from + new_last - last
    result.to = result.to + new_last - last
    return true
  end
  return result.to < first
end

local function follow(buffer)
  if results[buffer] then
    return
  end
  results[buffer] = {}
  changes[buffer] = {}
  vim.api.nvim_buf_attach(buffer, false, {
    on_lines = function(_, _, _, first, last, new_last)
      for id, result in pairs(results[buffer]) do
        if not move(result, first, last, new_last) then
          withdraw(buffer, id)
        end
      end
      for since in pairs(changes[buffer]) do
        table.insert(since, { first, last, new_last })
      end
    end,
    on_reload = function()
      M.clear(buffer)
    end,
    on_detach = function()
      results[buffer] = nil
      changes[buffer] = nil
    end,
  })
end

local function show(buffer, answer, since)
  local place = { from = answer.range.start.line, to = answer.range["end"].line }
  for _, change in ipairs(since) do
    if not move(place, unpack(change)) then
      return
    end
  end
  local from, to = place.from, place.to
  for id, other in pairs(results[buffer]) do
    if other.from <= to and from <= other.to then
      withdraw(buffer, id)
    end
  end
  local group = answer.outcome == "value" and "ReplBridgeValue" or "ReplBridgeProblem"
  local id = vim.api.nvim_buf_set_extmark(buffer, namespace, to, 0, {
    virt_text = { { "=> " .. answer.line, group } },
    virt_text_pos = "eol",
  })
  results[buffer][id] = { from = from, to = to, text = answer.text }
end

--- Takes all results out of a buffer.
function M.clear(buffer)
  buffer = buffer or vim.api.nvim_get_current_buf()
  for id in pairs(results[buffer] or {}) do
    withdraw(buffer, id)
  end
end

--- What stands beside the lines of a buffer: `line` (from 0) and `text`, in order.
function M.results(buffer)
  local list = {}
  for _, result in pairs(results[buffer or vim.api.nvim_get_current_buf()] or {}) do
    table.insert(list, { line = result.to, text = result.text })
  end
  table.sort(list, function(one, other)
    return one.line < other.line
  end)
  return list
end

-- The console, in a buffer that nothing else writes to

local function console_buffer()
  local name = "repl-bridge://console"
  local buffer = vim.fn.bufnr("^" .. name .. "$")
  if buffer < 0 then
    buffer = vim.api.nvim_create_buf(true, true)
    vim.api.nvim_buf_set_name(buffer, name)
    vim.bo[buffer].undolevels = -1
  end
  return buffer
end

local function log(_, params)
  local buffer = console_buffer()
  local lines = vim.split(params.message, "\n", { plain = true })
  local is_empty = vim.api.nvim_buf_line_count(buffer) == 1 and vim.api.nvim_buf_get_lines(buffer, 0, 1, false)[1] == ""
  vim.api.nvim_buf_set_lines(buffer, is_empty and 0 or -1, -1, false, lines)
  local too_many = vim.api.nvim_buf_line_count(buffer) - options.console_lines
  if too_many > 0 then
    vim.api.nvim_buf_set_lines(buffer, 0, too_many, false, {})
  end
end

--- Opens what the page's console said.
function M.console()
  vim.cmd("split")
  vim.api.nvim_win_set_buf(0, console_buffer())
end

-- The server

local function start()
  local folder = vim.fn.expand("%:p:h")
  local config = {
    name = "repl-bridge",
    cmd = options.cmd,
    root_dir = folder,
    workspace_folders = { { uri = vim.uri_from_fname(folder), name = folder } },
    init_options = { name = "neovim", runtime = options.runtime, showResults = false },
    handlers = {
      ["replBridge/status"] = function(_, params)
        status = params
        vim.cmd("redrawstatus")
      end,
      ["replBridge/evaluated"] = function() end,
      ["window/logMessage"] = log,
    },
    on_exit = function()
      client_id = nil
      status = { bridge = "away", runtimes = 0, text = "not started" }
    end,
  }
  client_id = (vim.lsp.start_client and vim.fn.has("nvim-0.11") == 0) and vim.lsp.start_client(config)
    or vim.lsp.start(config, { attach = false, reuse_client = function() return false end })
  if client_id == nil then
    say("cannot run " .. table.concat(options.cmd, " "), vim.log.levels.ERROR)
  end
  return client_id
end

--- Attaches the server to a buffer; it is started with the first.
function M.attach(buffer)
  buffer = buffer or vim.api.nvim_get_current_buf()
  local id = client_id or start()
  if id == nil then
    return nil
  end
  if not vim.lsp.buf_is_attached(buffer, id) then
    vim.lsp.buf_attach_client(buffer, id)
  end
  follow(buffer)
  if vim.bo[buffer].omnifunc == "" then
    vim.bo[buffer].omnifunc = "v:lua.vim.lsp.omnifunc"
  end
  return vim.lsp.get_client_by_id(id)
end

local function ask(method, params, answered, failed)
  local buffer = vim.api.nvim_get_current_buf()
  local client = M.attach(buffer)
  if client == nil then
    return
  end
  -- What is asked before the server knows the buffer is asked in vain.
  vim.wait(10000, function()
    return client.initialized
  end, 10)
  local function heard(problem, result)
    if problem then
      say(problem.message, vim.log.levels.ERROR)
      if failed then
        failed()
      end
    else
      answered(result)
    end
  end
  if vim.fn.has("nvim-0.11") == 1 then
    client:request(method, params, heard, buffer)
  else
    client.request(method, params, heard, buffer)
  end
end

-- Evals

local function evaluate(extent, range)
  local buffer = vim.api.nvim_get_current_buf()
  if M.attach(buffer) == nil then
    return
  end
  local since = {}
  changes[buffer][since] = true
  local params = { extent = extent, textDocument = vim.lsp.util.make_text_document_params(buffer), range = range }
  -- False where the buffer is gone.
  local function ends()
    if changes[buffer] then
      changes[buffer][since] = nil
    end
    return changes[buffer] ~= nil
  end
  ask("replBridge/eval", params, function(answer)
    if ends() then
      show(buffer, answer, since)
    end
  end, ends)
end

local function at_cursor()
  return vim.lsp.util.make_range_params(0, "utf-16").range
end

--- Evaluates the statement at the top in which the cursor is.
function M.eval_form()
  evaluate("form", at_cursor())
end

--- Evaluates the cursor's line.
function M.eval_line()
  evaluate("line", at_cursor())
end

--- Evaluates the file; of a page, the script in which the cursor is.
function M.eval_file()
  evaluate("file", at_cursor())
end

-- Both ends belong to it; rows from 1, columns in bytes from 0.
local function eval_between(first, last)
  evaluate("selection", vim.lsp.util.make_given_range_params(first, last, 0, "utf-16").range)
end

--- Evaluates whole lines, from 1.
function M.eval_lines(first, last)
  local text = vim.api.nvim_buf_get_lines(0, last - 1, last, true)[1]
  eval_between({ first, 0 }, { last, math.max(0, #text - 1) })
end

--- For 'operatorfunc': evaluates what a motion goes over.
function M.eval_motion(kind)
  local first = vim.api.nvim_buf_get_mark(0, "[")
  local last = vim.api.nvim_buf_get_mark(0, "]")
  if kind == "line" then
    M.eval_lines(first[1], last[1])
  else
    eval_between(first, last)
  end
end

--- Begins the operator; for mappings with `expr`.
function M.operator()
  vim.go.operatorfunc = "v:lua.require'repl-bridge'.eval_motion"
  return "g@"
end

-- The rest

--- Chooses where evals go: by number or name, or from a list.
function M.choose(runtime)
  if runtime and runtime ~= "" then
    return ask("replBridge/use", { runtime = runtime }, function() end)
  end
  ask("replBridge/runtimes", vim.empty_dict(), function(answer)
    if #answer.runtimes == 0 then
      return say("there is no runtime: open a page with the script tag")
    end
    local function describe(each)
      return ("%d %s  %s"):format(each.number, each.name, each.url)
    end
    vim.ui.select(answer.runtimes, { prompt = "Evaluate in", format_item = describe }, function(chosen)
      if chosen then
        ask("replBridge/use", { runtime = chosen.id }, function() end)
      end
    end)
  end)
end

--- Reloads the page; `all` reloads all of them.
function M.reload(runtime)
  local params = runtime and runtime ~= "" and { runtime = runtime } or vim.empty_dict()
  ask("replBridge/reload", params, function() end)
end

--- Cancels the evals of this editor that are under way.
function M.cancel()
  ask("replBridge/cancel", vim.empty_dict(), function() end)
end

--- The state of things, as in `replBridge/status`; `text` is for a status line.
function M.status()
  return status
end

--- Changes the options; with `attach`, files are attached when they are opened, so that completion is there before
--- the first eval. Nothing else needs it.
function M.setup(wanted)
  wanted = wanted or {}
  options.cmd = wanted.cmd or options.cmd
  options.runtime = wanted.runtime
  options.console_lines = wanted.console_lines or options.console_lines
  local group = vim.api.nvim_create_augroup("ReplBridge", {})
  if wanted.attach then
    vim.api.nvim_create_autocmd("FileType", {
      group = group,
      pattern = filetypes,
      callback = function(event)
        M.attach(event.buf)
      end,
    })
  end
end

return M
