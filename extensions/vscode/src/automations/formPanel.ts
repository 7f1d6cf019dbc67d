// The form of an automation, as an editor of VS Code: one for each automation, and one for a new one.

import { randomBytes } from "node:crypto";
import * as vscode from "vscode";
import { t } from "../l10n";
import type { Automation } from "../protocol.generated";
import { say } from "../surfaces/notifications";
import { webviewPage } from "../view/html";
import { definitionOf } from "./commands";
import { AutomationForm, type FormSurroundings } from "./form";
import type { Folder, FromForm, ToForm } from "./formMessages";

export class FormPanels implements vscode.Disposable {
  private readonly open = new Map<string | null, vscode.WebviewPanel>();

  constructor(
    private readonly extension: vscode.Uri,
    private readonly around: FormSurroundings,
  ) {}

  dispose(): void {
    for (const panel of [...this.open.values()]) panel.dispose();
  }

  /** Shows the form; null is a new automation. */
  show(automation: Automation | null): void {
    const key = automation?.id ?? null;
    const shown = this.open.get(key);
    if (shown) {
      shown.reveal();
      return;
    }
    const title = automation ? t("Automation: {0}", automation.name) : t("New Automation");
    const root = vscode.Uri.joinPath(this.extension, "dist", "webview");
    const panel = vscode.window.createWebviewPanel("outrigger.automationForm", title, vscode.ViewColumn.Active, {
      enableScripts: true,
      localResourceRoots: [root],
    });
    this.open.set(key, panel);
    const form = new AutomationForm(this.around, automation);
    const post = (message: ToForm) => void panel.webview.postMessage(message);
    const unsubscribe = [
      form.onMessage.add(post),
      form.onSaved.add((saved) => {
        say(automation ? t("“{0}” is saved.", saved.name) : t("“{0}” is there, and runs when it is due.", saved.name));
        panel.dispose();
      }),
    ];
    panel.onDidDispose(() => {
      for (const one of unsubscribe) one();
      this.open.delete(key);
    });
    panel.webview.onDidReceiveMessage((message: FromForm) => this.received(panel, form, message));
    panel.webview.html = webviewPage(panel.webview, root, randomBytes(16).toString("base64"), FORM);
  }

  private received(panel: vscode.WebviewPanel, form: AutomationForm, message: FromForm): void {
    const post = (answer: ToForm) => void panel.webview.postMessage(answer);
    switch (message.type) {
      case "ready":
        post({ type: "language", language: vscode.env.language, texts: vscode.l10n.bundle ?? {} });
        post({ type: "values", values: form.values });
        form.opened();
        return;
      case "preview":
        return void form.preview(message.request, message.rrule, message.timezone);
      case "save":
        return void form.save(message.values);
      case "cancel":
        return void panel.dispose();
      case "installAtLogin":
        return void form.installAtLogin();
      case "openFile": {
        const id = [...this.open].find(([, open]) => open === panel)?.[0];
        if (typeof id === "string") void vscode.window.showTextDocument(definitionOf(id));
        return;
      }
      case "chooseFolder":
        return void chooseFolder().then((folder) => folder && post({ type: "folder", folder }));
    }
  }
}

const FORM = { element: "outrigger-automation", script: "automation.js" };

export function folderOf(uri: string): Folder {
  return { uri, path: vscode.Uri.parse(uri).fsPath };
}

async function chooseFolder(): Promise<Folder | undefined> {
  const label = t("Choose Folder");
  const [uri] =
    (await vscode.window.showOpenDialog({ canSelectFolders: true, canSelectFiles: false, openLabel: label })) ?? [];
  return uri && folderOf(uri.toString());
}
