"""A person decides what Codex may do, in editors that know nothing but standard LSP."""

import pytest
from conftest import seen
from lsprotocol import types

GREETING = "def greet(name):\n    return f'Hello, {name}'\n"
MORNING = "def greet(name):\n    return f'Good morning, {name}'\n"
PATCH = """[[patch:*** Begin Patch
*** Update File: greeting.py
@@
 def greet(name):
-    return f'Hello, {name}'
+    return f'Good morning, {name}'
*** End Patch]]"""


@pytest.mark.asyncio
async def test_a_change_is_accepted_by_its_code_lens(start, folder):
    editor = await start("visual-studio-code")
    file = folder / "greeting.py"
    assert await editor.open(file) == []

    turn = await editor.prompt_codex(PATCH, folder)
    assert sorted(turn) == ["threadId", "turnId"]

    await seen(editor.refreshes)
    lenses = await editor.lenses(file)
    assert [(lens.range.start.line, lens.command.title) for lens in lenses] == [
        (1, "Codex wants to change line 2"),
        (1, "Accept"),
        (1, "Accept for session"),
        (1, "Decline"),
        (1, "Show diff"),
    ]
    assert file.read_text() == GREETING

    decided = await editor.run(lenses[1].command)
    assert decided["approval"]["kind"] == "fileChange"
    assert await seen(editor.turns) == "completed"
    assert file.read_text() == MORNING
    assert await editor.lenses(file) == []
    assert editor.prompts.empty(), "the lens had said it already"


@pytest.mark.asyncio
async def test_a_change_is_declined_by_a_code_action(start, folder):
    editor = await start("neovim")
    file = folder / "greeting.py"
    await editor.open(file)
    await editor.prompt_codex(PATCH, folder)

    published = await seen(editor.diagnostics)
    assert published.uri == file.as_uri()
    (diagnostic,) = published.diagnostics
    assert (diagnostic.source, diagnostic.code, diagnostic.severity, diagnostic.range.start.line) == (
        "outrigger",
        "approval",
        types.DiagnosticSeverity.Information,
        1,
    )

    actions = await editor.actions(file, diagnostic)
    assert [(action.kind, action.title) for action in actions] == [
        ("quickfix", "Accept: Codex wants to change line 2"),
        ("quickfix", "Accept for session: Codex wants to change line 2"),
        ("quickfix", "Decline: Codex wants to change line 2"),
        ("quickfix", "Show diff: Codex wants to change line 2"),
    ]
    await editor.run(actions[2].command)

    assert list((await seen(editor.diagnostics)).diagnostics) == []
    assert await seen(editor.turns) == "completed"
    assert file.read_text() == GREETING


@pytest.mark.asyncio
async def test_a_command_is_accepted_by_a_message_request(start, folder):
    editor = await start("emacs")
    await editor.prompt_codex("[[exec:echo made > made.txt]]", folder)

    prompt = await seen(editor.prompts)
    assert prompt.message.startswith("Codex wants to run: ")
    assert "echo made > made.txt" in prompt.message
    titles = [action.title for action in prompt.actions]
    assert titles[0] == "Accept"
    assert titles[-2:] == ["Decline", "Stop the turn"]
    assert not (folder / "made.txt").exists()

    editor.answer.set_result(types.MessageActionItem("Accept"))
    assert await seen(editor.turns) == "completed"
    assert (folder / "made.txt").read_text() == "made\n"
