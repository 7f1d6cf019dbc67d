// A client of the sidecar over its pipes: JSON-RPC with LSP's framing, and of LSP itself what the sidecar speaks. None of
// the features that a general language client brings would ever be asked for.

import type { ChildProcessWithoutNullStreams } from "node:child_process";
import * as vscode from "vscode";
import {
  createMessageConnection,
  type MessageConnection,
  StreamMessageReader,
  StreamMessageWriter,
  Trace,
} from "vscode-jsonrpc/node";
import { withoutKeys } from "../secrets";
import { answerAsks } from "./asks";
import { syncDocuments } from "./documents";

/** The sidecar has this long to answer `shutdown`, in milliseconds. */
const SHUTDOWN_MS = 2_000;

/** What this editor can do, as far as the sidecar asks. */
const CAPABILITIES = {
  general: { positionEncodings: ["utf-16"] },
  textDocument: {
    synchronization: { didSave: true },
    hover: { contentFormat: ["markdown", "plaintext"] },
  },
  workspace: { applyEdit: true, workspaceEdit: { documentChanges: true }, workspaceFolders: true },
  window: { showDocument: { support: true } },
};

export type Initialized = { capabilities: { experimental?: unknown } };

export class Client {
  private readonly owned: vscode.Disposable[] = [];
  private over = false;

  private constructor(
    private readonly connection: MessageConnection,
    readonly initialized: Initialized,
  ) {}

  /**
   * Speaks with a sidecar that was just started. `onClose` is called when its pipes end before `dispose` was. Rejects
   * when it refuses `initialize` or ends first.
   */
  static async start(
    process: ChildProcessWithoutNullStreams,
    options: unknown,
    log: vscode.LogOutputChannel,
    onNote: (method: string, params: unknown) => void,
    onClose: () => void,
  ): Promise<Client> {
    process.stderr.on("data", (text: Buffer) => log.append(text.toString("utf8")));
    const connection = createMessageConnection(
      new StreamMessageReader(process.stdout),
      new StreamMessageWriter(process.stdin),
    );
    let client: Client | null = null;
    const ended = new Promise<never>((_, reject) => {
      connection.onClose(() => {
        connection.dispose(); // Which answers what still waits.
        reject(new Error("It ended before it answered."));
        if (client?.over === false) onClose();
      });
    });
    ended.catch(() => undefined);
    connection.onError(([error]) => log.warn(`The connection to the sidecar: ${error.message}`));
    connection.onNotification(onNote);
    answerAsks(connection);
    traceTo(connection, log);
    connection.listen();
    const initialized = await Promise.race([
      ended,
      connection.sendRequest<Initialized>("initialize", introduction(options)),
    ]);
    client = new Client(connection, initialized);
    await connection.sendNotification("initialized", {});
    client.owned.push(...syncDocuments(connection));
    return client;
  }

  request<T>(method: string, params: unknown): Promise<T> {
    return this.connection.sendRequest<T>(method, params);
  }

  notify(method: string, params: unknown): Promise<void> {
    return this.connection.sendNotification(method, params);
  }

  /** Says goodbye, if there is still someone, and gives up the pipes. */
  async dispose(): Promise<void> {
    if (this.over) return;
    this.over = true;
    for (const one of this.owned) one.dispose();
    const late = new Promise((resolve) => setTimeout(resolve, SHUTDOWN_MS));
    try {
      await Promise.race([this.connection.sendRequest("shutdown"), late]);
      await this.connection.sendNotification("exit");
      this.connection.end();
    } catch {
      // It is gone already.
    }
    this.connection.dispose();
  }
}

function introduction(options: unknown): unknown {
  const folders = (vscode.workspace.workspaceFolders ?? []).map(({ uri, name }) => ({ uri: uri.toString(), name }));
  return {
    processId: process.pid,
    clientInfo: { name: vscode.env.appName, version: vscode.version },
    locale: vscode.env.language,
    rootUri: folders[0]?.uri ?? null,
    capabilities: CAPABILITIES,
    initializationOptions: options,
    workspaceFolders: folders,
  };
}

/** Writes the messages to the log, where the person asks for it. */
function traceTo(connection: MessageConnection, log: vscode.LogOutputChannel): void {
  const level = Trace.fromString(vscode.workspace.getConfiguration("outrigger").get<string>("trace.server") ?? "off");
  if (level === Trace.Off) return;
  const tracer = { log: (message: string, data = "") => log.info(withoutKeys(`${message} ${data}`)) };
  void connection.trace(level, tracer);
}
