local outrigger
vim.api.nvim_create_autocmd("BufReadPost", {
  callback = function(event)
    outrigger = outrigger or vim.lsp.start_client({
      name = "outrigger",
      cmd = { "outrigger", "--stdio" },
      root_dir = vim.fn.getcwd(),
      init_options = { inline = { prompts = "always" } },
    })
    vim.lsp.buf_attach_client(event.buf, outrigger)
  end,
})

vim.api.nvim_create_user_command("Codex", function(o)
  vim.lsp.buf.execute_command({ command = "outrigger.turn.start", arguments = { o.args } })
end, { nargs = "+" })
