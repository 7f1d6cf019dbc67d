// The webview's entry: the elements it uses, and the view itself.

import "@vscode-elements/elements/dist/vscode-button/index.js";
import "@vscode-elements/elements/dist/vscode-progress-ring/index.js";
import "./app";
import "./card";
import "./composer";
import "./item";
import "./threads";
import "./transcript";
