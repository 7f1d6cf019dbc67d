// The documents that our webviews load.

import * as vscode from "vscode";
import { language, t } from "../l10n";

/** What a page shows: an element, and the script that makes it. */
export type Shown = { element: string; script: string };

const VIEW: Shown = { element: "outrigger-view", script: "main.js" };

/** A page of ours. `nonce` is a new one each time: with it VS Code sees another document and loads it. */
export function webviewPage(webview: vscode.Webview, root: vscode.Uri, nonce: string, shown: Shown = VIEW): string {
  const { element, script } = shown;
  const uri = (name: string) => webview.asWebviewUri(vscode.Uri.joinPath(root, name)).toString();
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src ${webview.cspSource} 'nonce-${nonce}'`,
    `font-src ${webview.cspSource}`,
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  return `<!doctype html>
<html lang="${language() ?? "en"}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Outrigger</title>
<link rel="stylesheet" id="vscode-codicon-stylesheet" href="${uri("codicon.css")}" nonce="${nonce}">
<style nonce="${nonce}">html, body { height: 100%; margin: 0; padding: 0; }</style>
</head>
<body>
<${element}></${element}>
<script type="module" nonce="${nonce}" src="${uri(script)}"></script>
</body>
</html>`;
}

/** What is shown when the view does not answer however often it is built: plain, without a script. */
export function brokenPage(): string {
  return `<!doctype html>
<html lang="${language() ?? "en"}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'">
<title>Outrigger</title>
</head>
<body>
<h3>${t("This view stopped answering")}</h3>
<p>${t("It was built anew twice, and stopped again. Codex goes on, and what it asks still shows at its lines and in the status bar.")}</p>
<p><a href="command:outrigger.view.reload">${t("Reload")}</a></p>
</body>
</html>`;
}
