-- Runs in a real Neovim. What it needs of the world it asks the test for, by a line on stdout, and waits for the effect.
vim.opt.runtimepath:prepend(vim.env.PLUGIN)
vim.cmd("runtime plugin/repl-bridge.lua")
vim.opt.hidden = true
local bridge = require("repl-bridge")
bridge.setup({ cmd = { vim.env.NODE, vim.env.BIN, "lsp" } })

local function tell(line)
  io.stdout:write(line .. "\n")
  io.stdout:flush()
end

local function wait_for(what, is_so)
  if not vim.wait(tonumber(vim.env.WAIT or 60000), is_so, 20) then
    error("waited in vain for " .. what .. ", but there is " .. vim.inspect({ bridge.status(), bridge.results() }))
  end
end

local function wait_for_runtime()
  wait_for("a runtime", function()
    local runtime = bridge.status().runtime
    return type(runtime) == "table" and runtime.state == "ready"
  end)
end

local function texts()
  return vim.tbl_map(function(result)
    return result.line .. ": " .. result.text
  end, bridge.results())
end

local function wait_for_results(...)
  local expected = { ... }
  wait_for("results " .. vim.inspect(expected), function()
    return vim.deep_equal(texts(), expected)
  end)
end

local function check(what, is_so)
  if not is_so then
    error(what)
  end
  tell("ok: " .. what)
end

local function run()
  vim.cmd("edit page.js")
  vim.api.nvim_buf_set_lines(0, 0, -1, true, {
    "globalThis.neovimShop = { cartTotal: 40 }",
    "",
    "neovimShop.cartTotal +",
    "  2",
    "missing.thing",
    "'⊛', 6 * 7",
  })
  vim.cmd("ReplBridgeEvalLine")
  wait_for_results("0: { cartTotal: 40 }")
  check("the first eval starts the server, which finds the bridge and its page", bridge.status().bridge == "ready")

  vim.api.nvim_win_set_cursor(0, { 4, 2 })
  vim.cmd("ReplBridgeEval")
  wait_for_results("0: { cartTotal: 40 }", "3: 42")
  tell("ok: a statement is evaluated, and its result stands beside its last line")

  vim.api.nvim_buf_set_lines(0, 1, 1, true, { "// new" })
  wait_for_results("0: { cartTotal: 40 }", "4: 42")
  local marks = vim.api.nvim_buf_get_extmarks(0, vim.api.nvim_create_namespace("repl-bridge"), 0, -1, { details = true })
  check("it moves with its line", marks[2][2] == 4 and marks[2][4].virt_text[1][1] == "=> 42")
  vim.api.nvim_buf_set_lines(0, 3, 4, true, { "neovimShop.cartTotal -" })
  wait_for_results("0: { cartTotal: 40 }")
  vim.api.nvim_buf_set_lines(0, 0, 1, true, {})
  wait_for_results()
  tell("ok: it goes when its lines change, or are removed")

  vim.api.nvim_win_set_cursor(0, { 5, 0 })
  vim.cmd("ReplBridgeEvalLine")
  wait_for("its result", function()
    return #texts() == 1
  end)
  wait_for("a diagnostic", function()
    local found = vim.diagnostic.get(0)
    return #found == 1 and found[1].lnum == 4 and found[1].message:find("missing is not defined") ~= nil
  end)
  tell("ok: an error is a diagnostic at its place")
  bridge.clear()

  -- The operator, over characters of more than one byte.
  vim.keymap.set({ "n", "x" }, "gr", "<Plug>(ReplBridgeEval)", { remap = true })
  vim.api.nvim_win_set_cursor(0, { 6, 0 })
  vim.fn.search("6 \\*")
  vim.api.nvim_feedkeys("gr$", "mx", false)
  wait_for_results("5: 42")
  bridge.clear()
  vim.api.nvim_feedkeys("0v2lgr", "mx", false)
  wait_for_results("5: '⊛'")
  tell("ok: the operator evaluates what a motion or a selection goes over")
  bridge.clear()

  vim.api.nvim_buf_set_lines(0, -1, -1, true, { "neovimShop.cart" })
  vim.api.nvim_win_set_cursor(0, { vim.api.nvim_buf_line_count(0), 14 })
  local client = bridge.attach()
  local params = vim.lsp.util.make_position_params(0, "utf-16")
  params.position.character = 15
  local answers = vim.lsp.buf_request_sync(0, "textDocument/completion", params, 30000)
  local labels = vim.tbl_map(function(item)
    return item.label
  end, answers[client.id].result.items)
  check("it completes from the live page", vim.deep_equal(labels, { "cartTotal" }))

  local session = bridge.status().runtime.session
  vim.cmd("ReplBridgeReload")
  wait_for("another session", function()
    local runtime = bridge.status().runtime
    return type(runtime) == "table" and runtime.session ~= session and runtime.state == "ready"
  end)
  vim.api.nvim_buf_set_lines(0, 0, -1, true, { "typeof neovimShop", "globalThis.kept = 'kept'", "console.warn('hello')" })
  vim.cmd("1ReplBridgeEval")
  wait_for_results("0: 'undefined'")
  tell("ok: the page is reloaded, and is evaluated in as before")

  vim.cmd("2ReplBridgeEval")
  wait_for_results("0: 'undefined'", "1: 'kept'")
  bridge.clear()
  tell("bounce")
  wait_for("the bridge to be away", function()
    return bridge.status().bridge == "away"
  end)
  tell("away")
  wait_for_runtime()
  vim.api.nvim_buf_set_lines(0, 0, 1, true, { "kept" })
  vim.cmd("1ReplBridgeEval")
  wait_for_results("0: 'kept'")
  tell("ok: the bridge is bounced, and nothing is lost")

  vim.cmd("3ReplBridgeEval")
  vim.cmd("ReplBridgeConsole")
  wait_for("the console's line", function()
    return vim.api.nvim_buf_get_lines(0, 0, -1, true)[1]:find("hello$") ~= nil
  end)
  tell("ok: the page's console is in a buffer")

  local console = vim.api.nvim_get_current_buf()
  vim.cmd("buffer page.js")
  bridge.setup({ console_lines = 3 })
  vim.api.nvim_buf_set_lines(0, 2, 3, true, { "for (const n of [1, 2, 3, 4, 5]) console.log('line', n)" })
  vim.cmd("3ReplBridgeEval")
  wait_for("the console's last lines", function()
    local lines = vim.api.nvim_buf_get_lines(console, 0, -1, true)
    return #lines == 3 and lines[1]:find("line 3$") ~= nil and lines[3]:find("line 5$") ~= nil
  end)
  tell("ok: it keeps as many lines as it is told")

  vim.api.nvim_buf_set_lines(0, 0, -1, true, { "await new Promise(() => {})" })
  vim.cmd("1ReplBridgeEval")
  vim.cmd("ReplBridgeCancel")
  wait_for("an end", function()
    local found = bridge.results()
    return #found == 1 and found[1].text:find("^cancelled") ~= nil
  end)
  tell("ok: an eval is cancelled")
end

local is_fine, problem = pcall(run)
if not is_fine then
  io.stderr:write(tostring(problem) .. "\n")
end
vim.cmd(is_fine and "qa!" or "cquit 1")
