"""The parts of a story: a folder to work in, a model that plays scripts, and an editor."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import pytest_asyncio
from lsprotocol import types
from pygls.protocol import default_converter
from pytest_lsp import ClientServerConfig, LanguageClient, client_capabilities

REPOSITORY = Path(__file__).resolve().parents[2]
EXE = ".exe" if sys.platform == "win32" else ""
# A story that waits longer than this hangs; on an idle machine it takes a second or two.
PATIENCE_SECONDS = 120


def converter():
    """pygls's own, but for one reading: lsprotocol takes a code action that has a command for the command."""
    converter = default_converter()

    def command_or_code_action(value, _):
        plain = isinstance(value.get("command"), str)
        return converter.structure(value, types.Command if plain else types.CodeAction)

    converter.register_structure_hook(types.Command | types.CodeAction, command_or_code_action)
    return converter


class Editor:
    """An editor as a person sees it: what it has drawn, and what it asks."""

    def __init__(self, client: LanguageClient):
        self.client = client
        self.refreshes: asyncio.Queue = asyncio.Queue()
        self.diagnostics: asyncio.Queue = asyncio.Queue()
        self.prompts: asyncio.Queue = asyncio.Queue()
        self.turns: asyncio.Queue = asyncio.Queue()
        # What each token that was made says, by the kind of each report.
        self.progress: dict[str, list[str]] = {}
        self.answer: asyncio.Future = asyncio.get_running_loop().create_future()

        @client.feature("workspace/codeLens/refresh")
        def refresh(*_):
            self.refreshes.put_nowait(None)

        @client.feature("textDocument/publishDiagnostics")
        def publish(params: types.PublishDiagnosticsParams):
            self.diagnostics.put_nowait(params)

        @client.feature("window/showMessageRequest")
        async def ask(params: types.ShowMessageRequestParams):
            self.prompts.put_nowait(params)
            return await self.answer

        @client.feature("window/workDoneProgress/create")
        def create(params: types.WorkDoneProgressCreateParams):
            self.progress[params.token] = []

        @client.feature("$/progress")
        def report(params: types.ProgressParams):
            self.progress[params.token].append(params.value["kind"])

        # Not part of standard LSP: subscribed to for one thing, to know when all is over.
        @client.feature("codex/turn/completed")
        def completed(params):
            self.turns.put_nowait(params.turn.status)

    def close_prompts(self):
        """Closes what still asks, as a person does who leaves: no answer decides nothing."""
        if not self.answer.done():
            self.answer.set_result(None)

    def show(self, path: Path):
        item = types.TextDocumentItem(path.as_uri(), "python", 1, path.read_text())
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))

    async def open(self, path: Path):
        self.show(path)
        # As editors with lenses do when a document opens.
        return await self.lenses(path)

    async def lenses(self, path: Path):
        document = types.TextDocumentIdentifier(path.as_uri())
        return list(await self.client.text_document_code_lens_async(types.CodeLensParams(document)))

    async def actions(self, path: Path, diagnostic: types.Diagnostic):
        return await self.client.text_document_code_action_async(
            types.CodeActionParams(
                types.TextDocumentIdentifier(path.as_uri()),
                diagnostic.range,
                types.CodeActionContext([diagnostic]),
            )
        )

    async def execute(self, command: str, arguments: list):
        params = types.ExecuteCommandParams(command, arguments)
        return await self.client.workspace_execute_command_async(params)

    async def run(self, command: types.Command):
        return await self.execute(command.command, list(command.arguments or []))

    async def prompt_codex(self, text: str, folder: Path):
        options = {"folder": folder.as_uri(), "approvalPolicy": "untrusted"}
        return await self.execute("outrigger.turn.start", [text, options])


async def seen(queue: asyncio.Queue):
    """The next thing that the editor was sent."""
    return await asyncio.wait_for(queue.get(), PATIENCE_SECONDS)


def capabilities_of(kind: str) -> types.ClientCapabilities:
    """What a real editor says that it can do: as pytest-lsp has it, or as its source has it."""
    ours = Path(__file__).parent / "clients" / f"{kind}.json"
    if ours.is_file():
        return default_converter().structure(json.loads(ours.read_text()), types.ClientCapabilities)
    return client_capabilities(kind)


def built(variable: str, name: str) -> Path:
    path = Path(os.environ.get(variable) or REPOSITORY / "target" / "debug" / f"{name}{EXE}")
    assert path.is_file(), f"{path} is missing. Run: cargo build -p outrigger -p scripted-model"
    return path


def codex() -> Path:
    if named := os.environ.get("OUTRIGGER_CODEX"):
        return Path(named)
    pattern = f"node_modules/@openai/codex-*/vendor/*/bin/codex{EXE}"
    for folder in [REPOSITORY, *REPOSITORY.parents]:
        for path in folder.glob(pattern):
            return path
    raise AssertionError("codex is not installed. Run: npm run setup")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What the person has open."""
    project = tmp_path / "project"
    project.mkdir()
    (project / "greeting.py").write_text("def greet(name):\n    return f'Hello, {name}'\n")
    return project


@pytest.fixture
def codex_home(tmp_path: Path):
    """A CODEX_HOME whose model plays scripts."""
    home = tmp_path / "codex"
    model = subprocess.Popen(
        [built("OUTRIGGER_SCRIPTED_MODEL", "scripted-model"), "--write-codex-home", home, "--exit-on-stdin-eof"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert "baseUrl" in json.loads(model.stdout.readline())
    yield home
    model.stdin.close()
    model.wait(PATIENCE_SECONDS)


@pytest_asyncio.fixture
async def start(tmp_path: Path, folder: Path, codex_home: Path):
    """Starts an editor with the capabilities of a real one; the story ends with its clean exit."""
    started = []

    async def editor(kind: str) -> Editor:
        config = ClientServerConfig(
            server_command=[str(built("OUTRIGGER_BINARY", "outrigger")), "--stdio", "--solo"],
            client_factory=lambda: LanguageClient(converter_factory=converter),
            server_env={
                **os.environ,
                "CODEX_HOME": str(codex_home),
                "OUTRIGGER_HOME": str(tmp_path / "outrigger"),
            },
        )
        client = await config.start()
        one = Editor(client)
        started.append(one)
        await client.initialize_session(
            types.InitializeParams(
                capabilities=capabilities_of(kind),
                client_info=types.ClientInfo(kind),
                workspace_folders=[types.WorkspaceFolder(folder.as_uri(), folder.name)],
                initialization_options={"events": ["codex"], "codex": {"path": str(codex())}},
            )
        )
        return one

    yield editor
    for one in started:
        # pygls cannot end a prompt's handler that still waits when the server exits.
        one.close_prompts()
        await asyncio.wait_for(one.client.shutdown_session(), PATIENCE_SECONDS)
        assert one.client._server.returncode == 0
        await one.client.stop()
