// Takes the texts of the window's language. Imported before all else: some texts stand at the top of a module.

import * as vscode from "vscode";
import { useBundle } from "./l10n";

useBundle(vscode.l10n.bundle, vscode.env.language);
