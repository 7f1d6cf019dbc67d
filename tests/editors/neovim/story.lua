-- A person at Neovim, with nothing but its own LSP client: what they do, and what they are shown. Their hands are the
-- functions that ask them: `inputlist` for message requests and `vim.ui.select` for actions and lenses.
local PATIENCE_MS = 120000
local transcript = io.open(os.getenv("OUTRIGGER_TRANSCRIPT"), "w")

local function write(format, ...)
  transcript:write(string.format(format, ...), "\n")
  transcript:flush()
end

local function fail(message)
  write("FAILED: %s", message)
  vim.cmd("cquit")
end

--- Waits for what the client brings; `vim.wait` runs its event loop meanwhile.
local function await(what, condition)
  if not vim.wait(PATIENCE_MS, condition, 10) then
    fail("waited in vain for " .. what)
  end
end

local function names(list)
  return table.concat(list, " | ")
end

-- What the person answers to the next message request: the beginning of a choice, or "close".
local answers, asked = {}, 0
vim.fn.inputlist = function(lines)
  asked = asked + 1
  write("message: %s", names({ (lines[1]:gsub("\n.*", "")), select(3, unpack(lines)) }))
  local answer = table.remove(answers, 1) or "close"
  write("  choose: %s", answer)
  for number, line in ipairs(lines) do
    if line:gsub("^%d+%. ", ""):sub(1, #answer) == answer and number > 2 then
      return number - 2
    end
  end
  return 0
end

-- What the person picks of the next list of actions or lenses.
local pick
vim.ui.select = function(items, options, choose)
  local shown = {}
  for _, item in ipairs(items) do
    local line = (options.format_item or tostring)(item)
    table.insert(shown, line)
  end
  write("list: %s", names(shown))
  write("  choose: %s", pick)
  for number, text in ipairs(shown) do
    if text:find(pick, 1, true) then
      return choose(items[number], number)
    end
  end
  fail("nothing to pick: " .. pick)
end

local shown = {}
vim.lsp.handlers["window/showMessage"] = function(_, result)
  table.insert(shown, result.message)
end

local function execute(command, ...)
  local params = { command = command, arguments = { ... } }
  local answer, why = vim.lsp.buf_request_sync(0, "workspace/executeCommand", params, PATIENCE_MS)
  for _, one in pairs(answer or {}) do
    if one.error then
      fail(command .. ": " .. one.error.message)
    end
    return one.result
  end
  fail(command .. ": " .. tostring(why))
end

local function codex(prompt)
  return execute("outrigger.turn.start", prompt, { approvalPolicy = "untrusted" })
end

local function text()
  return names(vim.api.nvim_buf_get_lines(0, 0, -1, false))
end

--- Waits until the file on disk, read again as `:checktime` does it, is this.
local function await_text(wanted)
  await("the text " .. wanted, function()
    vim.cmd("silent! checktime")
    return text() == wanted
  end)
  write("buffer: %s", text())
end

--- Waits until there is one mark, and it says this; nil is none at all.
local function await_mark(wanted)
  await(wanted or "no mark", function()
    local marks = vim.diagnostic.get(0)
    if not wanted then
      return #marks == 0
    end
    return #marks == 1 and marks[1].message:find(wanted, 1, true) ~= nil
  end)
  for _, mark in ipairs(vim.diagnostic.get(0)) do
    write("mark at line %d: %s", mark.lnum + 1, (mark.message:gsub("\n.*", "")))
  end
end

local function lenses()
  local titles
  vim.lsp.buf_request(0, "textDocument/codeLens", { textDocument = vim.lsp.util.make_text_document_params() }, function(_, result, context)
    vim.lsp.codelens.on_codelens(nil, result, context, {})
    titles = {}
    for _, lens in ipairs(result) do
      table.insert(titles, string.format("%d %s", lens.range.start.line + 1, lens.command.title))
    end
  end)
  await("lenses", function()
    return titles ~= nil
  end)
  write("lenses: %s", names(titles))
end

local function act(line, choice)
  pick = choice
  vim.api.nvim_win_set_cursor(0, { line, 0 })
  vim.lsp.buf.code_action()
end

local PATCH = [=[[[patch:*** Begin Patch
*** Update File: notes.txt
@@
 one
-two
+zwei
 three
*** End Patch]]]=]

vim.o.autoread = true
vim.o.swapfile = false
vim.cmd("edit notes.txt")
await("the client", function()
  local client = vim.lsp.buf_get_clients(0)[1]
  return client ~= nil and client.server_capabilities ~= nil and client.initialized
end)
write("attached: %s", vim.lsp.buf_get_clients(0)[1].name)

write("# A change is accepted by its lens.")
local before = asked
codex(PATCH)
await("the message", function()
  return asked > before
end)
await_mark("Codex wants to change line 2")
lenses()
pick = "Accept"
vim.api.nvim_win_set_cursor(0, { 2, 0 })
vim.lsp.codelens.run()
await_text("one | zwei | three")

write("# What Codex wrote is undone by a code action, and the undo is taken back.")
await_mark("Codex changed line 2")
lenses()
act(2, "Undo: Codex")
await_text("one | two | three")
execute("outrigger.journal.undoLast")
await_text("one | zwei | three")
await_mark("Codex changed line 2")
act(2, "Keep: Codex")
await_mark(nil)

write("# A command is declined by a code action, another accepted in the message.")
before = asked
codex("[[exec:touch declined]]")
await("the message", function()
  return asked > before
end)
await_mark("touch declined")
act(1, "Decline")
await_mark(nil)
answers = { "Accept" }
codex("[[exec:touch accepted]]")
await("the file", function()
  return vim.fn.filereadable("accepted") == 1
end)
write("files: declined %d, accepted %d", vim.fn.filereadable("declined"), vim.fn.filereadable("accepted"))

write("# A turn is steered while it asks: the same turn goes on with both.")
before = asked
local first = codex("[[exec:touch first]]")
await("the message", function()
  return asked > before
end)
local second = codex("[[exec:touch second]]")
write("one turn: %s", tostring(first.turnId == second.turnId))
answers = { "Accept" }
await_mark("touch first")
act(1, "Accept:")
await("both files", function()
  return vim.fn.filereadable("first") == 1 and vim.fn.filereadable("second") == 1
end)
write("files: first, second")

write("# A turn is interrupted by a command.")
codex("[[slow:600,1]]")
execute("outrigger.turn.interrupt")
write("interrupted")

for _, message in ipairs(shown) do
  write("said: %s", message)
end
write("the end")
vim.cmd("qall!")
