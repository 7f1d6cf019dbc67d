"""One approval in every kind of editor: which of the four places it has there, by what the editor says it can do."""

import pytest
from conftest import seen
from test_approvals import MORNING, PATCH

# Whether the editor is told that lenses changed, whether it is asked by a message, and whether a turn is progress.
# Zed has asked for no lens here, as with its own default.
EDITORS = {
    "visual-studio-code": {"refresh": True, "message": False, "progress": True, "lenses": True},
    "zed": {"refresh": True, "message": True, "progress": True, "lenses": False},
    "neovim": {"refresh": False, "message": True, "progress": True, "lenses": True},
    "helix": {"refresh": False, "message": True, "progress": True, "lenses": False},
    "emacs": {"refresh": False, "message": True, "progress": True, "lenses": False},
}


@pytest.mark.asyncio
@pytest.mark.parametrize("kind", EDITORS)
async def test_an_approval_has_every_place_that_the_editor_has(start, folder, kind):
    expected = EDITORS[kind]
    editor = await start(kind)
    file = folder / "greeting.py"
    if expected["lenses"]:
        assert await editor.open(file) == []
    else:
        editor.show(file)
    turn = await editor.prompt_codex(PATCH, folder)

    # Everywhere: a diagnostic, and code actions on it.
    (diagnostic,) = (await seen(editor.diagnostics)).diagnostics
    accept = (await editor.actions(file, diagnostic))[0]
    assert accept.title == "Accept: Codex wants to change line 2"
    # Whatever was sent before the answer is here.
    found = {
        "refresh": not editor.refreshes.empty(),
        "message": not editor.prompts.empty(),
        "progress": f"outrigger:turn:{turn['turnId']}" in editor.progress,
        "lenses": expected["lenses"],
    }
    assert found == expected

    await editor.run(accept.command)
    assert await seen(editor.turns) == "completed"
    assert file.read_text() == MORNING
    # Its end is told before anything that is asked for now is answered.
    await editor.lenses(file)
    (reports,) = editor.progress.values()
    assert (reports[0], reports[-1]) == ("begin", "end")
