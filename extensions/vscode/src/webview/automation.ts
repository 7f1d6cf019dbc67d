// The entry of an automation's form: the elements it uses, and the form itself.

import "@vscode-elements/elements/dist/vscode-button/index.js";
import "@vscode-elements/elements/dist/vscode-icon/index.js";
import "./automationForm";
