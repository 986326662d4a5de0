//! `action.yml` and the README's workflow: their own words are run, as far as that goes without GitHub.
//!
//! What stands in for GitHub: a checkout with its history, `gh` that brings the artifact, `cargo` that gives the
//! binary under test, the runner's files and variables, and `inputs` put where the action has them.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Command, Output};

use saphyr::{LoadableYamlNode as _, Yaml};

use crate::control::tool::Tool;
use crate::ledger::sample::{Run, at};

/// Where the workflow checks this program out, and takes the action from.
const OF_ACTION: &str = "./.cache/thor-cutover";

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The README's code blocks of this language.
fn fences(language: &str) -> Vec<String> {
    let text = std::fs::read_to_string(root().join("README.md")).unwrap();
    let mut found = Vec::new();
    let mut lines = text.lines();
    while lines.any(|line| line == format!("```{language}")) {
        found
            .push(lines.by_ref().take_while(|line| *line != "```").map(|line| format!("{line}\n")).collect());
    }
    found
}

fn at_path<'y>(yaml: &'y Yaml<'_>, path: &[&str]) -> &'y Yaml<'y> {
    let found = path.iter().try_fold(yaml, |yaml, name| yaml.as_mapping_get(name));
    found.unwrap_or_else(|| panic!("no {path:?} in {yaml:?}"))
}

fn text<'y>(yaml: &'y Yaml<'_>, name: &str) -> Option<&'y str> {
    yaml.as_mapping_get(name).and_then(|it| it.as_str())
}

/// A runner: a checkout of a small Thor, and a folder for what the runner keeps.
struct Runner {
    tool: Tool,
    runner: tempfile::TempDir,
}

impl Runner {
    fn new() -> Self {
        let tool = Tool::new();
        let tree = root().join("fixtures/checklist/one-feature-integrated");
        let runner = tempfile::tempdir().unwrap();
        // This program's own trees of Thor come with it: none of them may be taken for Thor's.
        let script = format!(
            "cp -r {0}/. . && git init -q -b main && git config user.name A && git config user.email a@b && git add -A \
             && git commit -qm one && git update-ref refs/remotes/origin/main HEAD && mkdir -p {1} \
             && cp -r {2}/action.yml {2}/fixtures/thor-source {1}",
            tree.display(),
            OF_ACTION,
            root().display()
        );
        let made = Command::new("sh").args(["-ec", &script]).current_dir(tool.path()).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let bin = runner.path().join("bin");
        std::fs::create_dir(&bin).unwrap();
        let install = format!(
            "#!/bin/sh\n[ \"$1\" = install ] || exit 99\nwhile [ \"$1\" != --root ]; do shift; done\nmkdir -p \"$2/bin\"\n\
             ln -sf '{}' \"$2/bin/thor-cutover\"\n",
            env!("CARGO_BIN_EXE_thor-cutover")
        );
        for (name, text) in
            [("cargo", install.as_str()), ("gh", "#!/bin/sh\nmkdir evidence && cp \"$ARTIFACT\" evidence/\n")]
        {
            std::fs::write(bin.join(name), text).unwrap();
            crate::system::set_mode(&bin.join(name), 0o755);
        }
        Self { tool, runner }
    }

    /// One `run:`, in bash as GitHub starts it.
    fn step(&self, script: &str, variables: &BTreeMap<String, String>) -> Output {
        let added = std::fs::read_to_string(self.runner.path().join("path")).unwrap_or_default();
        let mut path: Vec<String> = added.lines().rev().map(str::to_owned).collect();
        path.push(self.runner.path().join("bin").display().to_string());
        path.extend(["/usr/local/bin", "/usr/bin", "/bin"].map(str::to_owned));
        Command::new("bash")
            .args(["--noprofile", "--norc", "-eo", "pipefail", "-c", script])
            .current_dir(self.tool.path())
            .env_clear()
            .env("PATH", path.join(":"))
            .env("RUNNER_TEMP", self.runner.path())
            .env("GITHUB_ACTION_PATH", self.tool.path().join(OF_ACTION))
            .env("GITHUB_PATH", self.runner.path().join("path"))
            .env("GITHUB_STEP_SUMMARY", self.runner.path().join("summary"))
            .env("ARTIFACT", self.runner.path().join("artifact.ndjson"))
            .envs(variables)
            .output()
            .unwrap()
    }

    /// The action's steps with these inputs, the README's where none are given; what each printed, and the last code.
    fn action(&self, inputs: &BTreeMap<String, String>) -> (String, i32) {
        let file = std::fs::read_to_string(root().join("action.yml")).unwrap();
        let documents = Yaml::load_from_str(&file).unwrap();
        let action = &documents[0];
        assert_eq!(text(at_path(action, &["runs"]), "using"), Some("composite"));
        let declared = at_path(action, &["inputs"]);
        for name in inputs.keys() {
            assert!(declared.as_mapping_get(name).is_some(), "action.yml has no input {name}");
        }
        let input = |name: &str| {
            let default = || text(at_path(declared, &[name]), "default").unwrap_or_default().to_owned();
            inputs.get(name).cloned().unwrap_or_else(default)
        };
        let mut said = String::new();
        let mut code = 0;
        for step in at_path(action, &["runs", "steps"]).as_sequence().unwrap() {
            assert_eq!(text(step, "shell"), Some("bash"), "a composite step says its shell");
            if let Some(condition) = text(step, "if") {
                let name = condition.strip_prefix("inputs.").and_then(|it| it.strip_suffix(" != ''"));
                if input(name.unwrap_or_else(|| panic!("a condition that the test cannot read: {condition}")))
                    .is_empty()
                {
                    continue;
                }
            }
            let env = step.as_mapping_get("env").and_then(|it| it.as_mapping());
            let variables = env.into_iter().flatten().map(|(name, value)| {
                let value = value.as_str().unwrap();
                let named = value.strip_prefix("${{ inputs.").and_then(|it| it.strip_suffix(" }}"));
                (name.as_str().unwrap().to_owned(), named.map_or(value.to_owned(), input))
            });
            let script = text(step, "run").unwrap();
            assert!(
                !script.contains("${{"),
                "an input in a script is a command of whoever sets it: {script}"
            );
            let output = self.step(script, &variables.collect());
            said += &String::from_utf8_lossy(&output.stdout);
            said += &String::from_utf8_lossy(&output.stderr);
            code = output.status.code().unwrap_or(-1);
            if code != 0 {
                break;
            }
        }
        (said, code)
    }
}

/// The workflow's steps and the inputs it gives the action.
fn workflow() -> (Vec<String>, BTreeMap<String, String>) {
    let fences = fences("yaml");
    let documents = Yaml::load_from_str(&fences[0]).unwrap();
    let steps = at_path(&documents[0], &["jobs", "checklist", "steps"]).as_sequence().unwrap();
    let uses: Vec<&str> = steps.iter().filter_map(|step| text(step, "uses")).collect();
    assert_eq!(
        uses,
        ["actions/checkout@v4", "actions/checkout@v4", OF_ACTION, "actions/upload-artifact@v4"],
        "Thor and this program checked out, decided, kept"
    );
    let depth = at_path(&steps[0], &["with", "fetch-depth"]).as_integer();
    assert_eq!(depth, Some(0), "--since needs the history");
    let beside = at_path(&steps[1], &["with"]);
    assert_eq!(text(beside, "path").map(|path| format!("./{path}")).as_deref(), Some(OF_ACTION));
    let from = text(beside, "repository").unwrap();
    assert!(from.starts_with("${{ ") && from.contains("github.repository_owner"), "nobody edits it: {from}");
    let runs = steps.iter().filter_map(|step| text(step, "run")).map(str::to_owned).collect();
    let of_action = steps.iter().find(|step| text(step, "uses") == Some(OF_ACTION)).unwrap();
    let inputs = at_path(of_action, &["with"]).as_mapping().unwrap();
    let inputs = inputs
        .iter()
        .map(|(name, value)| (name.as_str().unwrap().to_owned(), value.as_str().unwrap().to_owned()))
        .collect();
    (runs, inputs)
}

#[test]
fn the_readmes_workflow_installs_imports_decides_and_keeps() {
    let runner = Runner::new();
    let observer = Tool::new();
    let run = Run::clean("account_balance", at("2026-11-27T14:30:00Z"), 60.0).record();
    observer.ledger().record_run(&run).unwrap();
    let artifact = runner.runner.path().join("artifact.ndjson");
    observer.run(&["evidence", "export", artifact.to_str().unwrap()]).exits(0);
    let (runs, inputs) = workflow();
    for script in &runs {
        let output = runner.step(script, &BTreeMap::new());
        assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
    }
    let (said, code) = runner.action(&inputs);
    assert_eq!(code, 0, "nothing is claimed: {said}");
    let audited = runner.tool.run(&["audit", "--format", "json"]).json();
    let of_fixture = audited["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|it| it["path"].as_str().unwrap().contains("thor-cutover"));
    assert_eq!(of_fixture.count(), 0, "what comes with the program is not Thor's");
    assert!(said.contains("1 new") || said.contains("entries read"), "{said}");
    assert!(said.contains("::notice title=thor-cutover checklist%3A nothing-claimed::"), "{said}");
    assert!(runner.tool.read("checklist.xml").contains("<testsuites"), "the artifact of the last step");
    let summary = std::fs::read_to_string(runner.runner.path().join("summary")).unwrap();
    assert!(summary.contains("nothing-claimed"), "{summary}");
    assert_eq!(runner.tool.ledger().entries().unwrap().iter().filter(|it| it.kind() == "run").count(), 1);

    // A flag that went ahead of the evidence is red, with one annotation that says so.
    runner.tool.write(".env", "WS_FEATURE_ACCOUNT_BALANCE=true\n");
    let (said, code) = runner.action(&inputs);
    assert_ne!(code, 0, "{said}");
    let marks = |line: &&str| line.starts_with("::error") || line.starts_with("::warning");
    assert_eq!(said.lines().filter(marks).count(), 1, "{said}");
}

#[test]
fn nothing_is_left_to_be_filled_in() {
    let docs = std::fs::read_dir(root().join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let written = docs.filter(|path| path.extension().is_some_and(|it| it == "md"));
    for path in [root().join("README.md"), root().join("action.yml")].into_iter().chain(written) {
        let text = std::fs::read_to_string(&path).unwrap();
        for (at, line) in text.lines().enumerate() {
            let named = ["OWNER/", "OWNER\"", "your-", "YOUR_", "CHANGEME", "TODO", "FIXME", "example-org"];
            let placeholder = named.into_iter().find(|word| line.contains(word));
            assert_eq!(placeholder, None, "{}:{}: {line}", path.display(), at + 1);
            if let Some((_, used)) = line.split_once("uses: ") {
                let known = used.starts_with("actions/") || used == OF_ACTION;
                assert!(known, "{}:{}: whose action is {used}?", path.display(), at + 1);
            }
        }
    }
}

#[test]
fn the_readmes_observer_exports_what_the_checklist_downloads() {
    let fences = fences("yaml");
    let documents = Yaml::load_from_str(&fences[1]).unwrap();
    let steps = at_path(&documents[0], &["jobs", "observe", "steps"]).as_sequence().unwrap();
    let scripts: Vec<&str> = steps.iter().filter_map(|step| text(step, "run")).collect();
    let tool = Tool::new();
    tool.ledger()
        .record_run(&Run::clean("account_balance", at("2026-11-27T14:30:00Z"), 60.0).record())
        .unwrap();
    for script in &scripts {
        let words: Vec<&str> = script.split(" && ").last().unwrap().split_whitespace().collect();
        assert_eq!(words[0], "thor-cutover", "{script}");
        let help = tool.run(&[&words[1..], &["--help"]].concat());
        assert_eq!(help.code, 0, "the tool does not know: {script}");
    }
    let last = scripts.last().unwrap().split_whitespace().last().unwrap();
    let kept = steps
        .iter()
        .find(|step| text(step, "uses").is_some_and(|it| it.starts_with("actions/upload")))
        .unwrap();
    let with = at_path(kept, &["with"]);
    assert_eq!((text(with, "name"), text(with, "path")), (Some("evidence"), Some(last)));
    assert!(workflow().0[0].contains("--name evidence --dir evidence"), "by the name under which it is kept");
}
