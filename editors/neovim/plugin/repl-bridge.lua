if vim.g.loaded_repl_bridge then
  return
end
vim.g.loaded_repl_bridge = true

local function bridge()
  return require("repl-bridge")
end

local function command(name, run, attributes)
  vim.api.nvim_create_user_command("ReplBridge" .. name, run, attributes or {})
end

-- With a range its lines, else the statement at the cursor.
command("Eval", function(call)
  if call.range > 0 then
    bridge().eval_lines(call.line1, call.line2)
  else
    bridge().eval_form()
  end
end, { range = true })
command("EvalLine", function()
  bridge().eval_line()
end)
command("EvalFile", function()
  bridge().eval_file()
end)
command("Runtime", function(call)
  bridge().choose(call.args)
end, { nargs = "?" })
command("Reload", function(call)
  bridge().reload(call.args)
end, { nargs = "?" })
command("Cancel", function()
  bridge().cancel()
end)
command("Clear", function()
  bridge().clear()
end)
command("Console", function()
  bridge().console()
end)
command("Attach", function()
  bridge().attach()
end)

vim.keymap.set({ "n", "x" }, "<Plug>(ReplBridgeEval)", function()
  return bridge().operator()
end, { expr = true, desc = "Evaluate what a motion goes over in the page" })

vim.api.nvim_set_hl(0, "ReplBridgeValue", { link = "Comment", default = true })
vim.api.nvim_set_hl(0, "ReplBridgeProblem", { link = "ErrorMsg", default = true })
