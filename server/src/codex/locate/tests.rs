use tempfile::TempDir;

use super::*;

/// A machine with a home, a `PATH` and files, all below one temporary directory.
struct Machine {
    root: TempDir,
    search: Search,
}

/// What is found, as source and path below the root; or kind and message with the root left out.
type Verdict = Result<(Source, String), (AppServerErrorKind, String)>;

const NATIVE: &str = "\u{7f}ELF, let us say";

impl Machine {
    fn new() -> Self {
        let root = TempDir::new().unwrap();
        let search = Search {
            surroundings: Surroundings {
                path: Some(OsString::new()),
                home: Some(root.path().join("home")),
                ..Surroundings::default()
            },
            ..Search::default()
        };
        Self { root, search }
    }

    fn at(&self, path: &str) -> PathBuf {
        self.root.path().join(path)
    }

    fn file(&mut self, path: &str, text: &str, executable: bool) -> &mut Self {
        let file = self.at(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, text).unwrap();
        if executable {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
        }
        self
    }

    fn program(&mut self, path: &str) -> &mut Self {
        self.file(path, NATIVE, true)
    }

    fn link(&mut self, path: &str, to: &str) -> &mut Self {
        fs::create_dir_all(self.at(path).parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(to, self.at(path)).unwrap();
        self
    }

    /// npm's packages of codex below `modules`, where `platform_in` holds the native one.
    fn npm_codex(&mut self, modules: &str, platform_in: &str) -> String {
        let launcher = format!("{modules}/@openai/codex/bin/codex.js");
        self.file(&launcher, "#!/usr/bin/env node\nimport x;\n", true);
        let (package, target) = npm::platform().unwrap();
        let native = format!("{platform_in}/{package}/vendor/{target}/bin/codex");
        self.program(&native);
        native
    }

    fn path(&mut self, directories: &[&str]) -> &mut Self {
        let directories = directories.iter().map(|directory| self.at(directory));
        self.search.surroundings.path = Some(std::env::join_paths(directories).unwrap());
        self
    }

    fn workspace(&mut self, directory: &str) -> &mut Self {
        fs::create_dir_all(self.at(directory)).unwrap();
        self.search.forbidden_roots.push(self.at(directory));
        self
    }

    fn setting(&mut self, path: &str) -> &mut Self {
        self.search.path = Some(self.at(path));
        self
    }

    fn find(&self) -> Verdict {
        let root = fs::canonicalize(self.root.path()).unwrap();
        match find(&self.search) {
            Ok(found) => {
                let below = found.program.strip_prefix(&root).unwrap();
                Ok((found.source, below.to_str().unwrap().to_owned()))
            }
            Err(error) => {
                assert!(error.hint.is_some());
                let prefix = format!("{}/", root.display());
                Err((error.kind, error.message.replace(&prefix, "")))
            }
        }
    }
}

#[expect(clippy::unnecessary_wraps, reason = "compared with what may be an error")]
fn found(source: Source, path: &str) -> Verdict {
    Ok((source, path.into()))
}

use AppServerErrorKind::{CliMissing, NotExecutable};

#[test]
fn the_places_are_tried_in_their_order() {
    let mut machine = Machine::new();
    machine.path(&["bin", "node/bin"]);
    machine.program("home/.vscode/extensions/openai.chatgpt-0.4.9/bin/linux-x86_64/codex");
    machine
        .program("home/.vscode/extensions/openai.chatgpt-0.4.10-linux-x64/bin/linux-x86_64/codex");
    machine.program("home/.vscode-server/extensions/openai.chatgpt-0.4.2/bin/linux-x86_64/codex");
    machine.program("home/.vscode/extensions/openai.chatgpt-9.0.0/bin/plan9-mips/codex");
    if cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        assert_eq!(
            machine.find(),
            found(
                Source::VsCodeExtension,
                "home/.vscode/extensions/openai.chatgpt-0.4.10-linux-x64/bin/linux-x86_64/codex"
            )
        );
    }

    machine.program("node/bin/node");
    let modules = "node/lib/node_modules";
    let native = machine.npm_codex(modules, &format!("{modules}/@openai/codex/node_modules"));
    assert_eq!(machine.find(), found(Source::NpmGlobal, &native));

    machine.program("bin/codex");
    assert_eq!(machine.find(), found(Source::Path, "bin/codex"));

    machine.program("mine/codex").setting("mine/codex");
    assert_eq!(machine.find(), found(Source::Setting, "mine/codex"));
}

impl Machine {
    fn with_prefix_setting(settings: &str) -> (Self, String) {
        let mut machine = Self::new();
        machine.file("home/.npmrc", settings, false);
        let modules = "home/.npm-global/lib/node_modules";
        let native = machine.npm_codex(modules, modules);
        (machine, native)
    }
}

#[test]
fn npm_s_prefix_is_read_from_its_settings() {
    for settings in ["audit=false\nprefix = ~/.npm-global\n", "prefix=\"${HOME}/.npm-global\""] {
        let (machine, native) = Machine::with_prefix_setting(settings);
        assert_eq!(machine.find(), found(Source::NpmGlobal, &native));
    }
    let (mut machine, native) = Machine::with_prefix_setting("");
    machine.search.surroundings.npm_prefix = Some(machine.at("home/.npm-global"));
    assert_eq!(machine.find(), found(Source::NpmGlobal, &native));
}

#[test]
fn a_launcher_is_resolved_to_the_native_binary_however_it_was_installed() {
    // npm: a link into the package, the native package nested or hoisted.
    for nested in [true, false] {
        let mut machine = Machine::new();
        let modules = "lib/node_modules";
        let platform = if nested { "lib/node_modules/@openai/codex/node_modules" } else { modules };
        let native = machine.npm_codex(modules, platform);
        machine.link("bin/codex", "../lib/node_modules/@openai/codex/bin/codex.js");
        machine.path(&["bin"]);
        assert_eq!(machine.find(), found(Source::Path, &native));
    }
    // pnpm: a shell script that names the launcher; the packages are links into a store.
    let mut machine = Machine::new();
    let store = "global/.pnpm/@openai+codex@0.169.0/node_modules";
    let native = machine.npm_codex(store, store);
    machine.link(
        "global/node_modules/@openai/codex",
        "../../.pnpm/@openai+codex@0.169.0/node_modules/@openai/codex",
    );
    let shim = "#!/bin/sh\nbasedir=$(dirname \"$0\")\nexec node \"$basedir/../global/node_modules/@openai/codex/bin/codex.js\" \"$@\"\n";
    machine.file("bin/codex", shim, true);
    machine.path(&["bin"]);
    assert_eq!(machine.find(), found(Source::Path, &native));
}

#[test]
fn a_launcher_without_its_binary_is_refused() {
    let mut machine = Machine::new();
    machine.file("lib/codex.js", "#!/usr/bin/env node\n", true);
    machine.setting("lib/codex.js");
    assert_eq!(
        machine.find(),
        Err((
            NotExecutable,
            "The setting codex.path cannot be used: lib/codex.js is npm's launcher, but the native codex that belongs to it is missing.".into()
        ))
    );
}

#[test]
fn nothing_of_a_workspace_is_run_however_it_is_reached() {
    let reached = |prepare: fn(&mut Machine)| {
        let mut machine = Machine::new();
        machine.workspace("project").program("project/bin/codex");
        prepare(&mut machine);
        machine.find()
    };
    let refused = |place: &str| {
        Err((
            CliMissing,
            format!(
                "Codex was found but cannot be used: {place} lies in the open folder project, and programs of a workspace are never run."
            ),
        ))
    };
    // Itself on the PATH; a link to it elsewhere; a link in the workspace to a good one.
    assert_eq!(
        reached(|machine| {
            machine.path(&["project/bin"]);
        }),
        refused("project/bin/codex")
    );
    assert_eq!(
        reached(|machine| {
            machine.link("bin/codex", "../project/bin/codex").path(&["bin"]);
        }),
        refused("project/bin/codex")
    );
    assert_eq!(
        reached(|machine| {
            machine.program("good/codex").link("project/links/codex", "../../good/codex");
            machine.path(&["project/links"]);
        }),
        refused("project/links")
    );
    // The launcher is outside, the binary that it leads to is not.
    assert_eq!(
        reached(|machine| {
            machine.npm_codex("lib/node_modules", "project/node_modules");
            machine.link(
                "lib/node_modules/@openai/codex/node_modules",
                "../../../../project/node_modules",
            );
            machine.link("bin/codex", "../lib/node_modules/@openai/codex/bin/codex.js");
            machine.path(&["bin"]);
        }),
        refused(&{
            let (package, target) = npm::platform().unwrap();
            format!("project/node_modules/{package}/vendor/{target}/bin/codex")
        })
    );
    // A good one further down the PATH is taken.
    assert_eq!(
        reached(|machine| {
            machine.program("good/codex").path(&["project/bin", "good"]);
        }),
        found(Source::Path, "good/codex")
    );
}

#[test]
fn relative_path_entries_are_left_out() {
    let mut machine = Machine::new();
    machine.program("bin/codex");
    machine.search.surroundings.path = Some(OsString::from("bin:.::./bin"));
    assert!(matches!(machine.find(), Err((CliMissing, _))));
}

#[test]
fn a_setting_that_is_wrong_is_told_and_nothing_else_is_tried() {
    let mut machine = Machine::new();
    machine.program("bin/codex").file("plain", "text", false);
    machine.workspace("project").program("project/codex").path(&["bin"]);
    let mut told = |setting: &str| {
        machine.setting(setting);
        let (kind, message) = machine.find().unwrap_err();
        (kind, message.replace("The setting codex.path cannot be used: ", ""))
    };
    assert_eq!(told("nowhere/codex"), (CliMissing, "nowhere/codex is not there.".into()));
    assert_eq!(told("plain"), (NotExecutable, "plain is not a program that may be run.".into()));
    assert_eq!(told("bin"), (NotExecutable, "bin is not a program that may be run.".into()));
    assert_eq!(
        told("project/codex"),
        (CliMissing, "project/codex lies in the open folder project, and programs of a workspace are never run.".into())
    );
    machine.search.path = Some("codex".into());
    assert_eq!(
        machine.find(),
        Err((
            CliMissing,
            "The setting codex.path cannot be used: codex is not an absolute path.".into()
        ))
    );
    machine.program("home/tools/codex").search.path = Some("~/tools/codex".into());
    assert_eq!(machine.find(), found(Source::Setting, "home/tools/codex"));
}

#[test]
fn a_file_on_the_path_that_may_not_run_is_only_told_when_there_is_no_other() {
    let mut machine = Machine::new();
    machine.file("first/codex", NATIVE, false).path(&["first", "second"]);
    assert_eq!(
        machine.find(),
        Err((
            NotExecutable,
            "Codex was found but cannot be used: first/codex is not a program that may be run."
                .into()
        ))
    );
    machine.program("second/codex");
    assert_eq!(machine.find(), found(Source::Path, "second/codex"));
}

#[test]
fn without_any_codex_the_way_to_get_it_is_told() {
    assert_eq!(
        find(&Machine::new().search),
        Err(AppServerError {
            kind: CliMissing,
            message: "Codex was not found: it is neither on the PATH, nor among npm's global packages, nor in the official VS Code extension.".into(),
            hint: Some("Run `npm install -g @openai/codex`.".into()),
        })
    );
}
