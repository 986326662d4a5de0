//! The layers of the settings and their precedence: options > `THOR_CUTOVER_*` > file > built-in.

use std::path::{Path, PathBuf};

use crate::cli::Global;
use crate::contract::tree::{Problem, WrittenAt, WrittenNode};
use crate::contract::{self, CONTRACTS, NO_CONTRACT};
use crate::environment::Environment;
use crate::error::nearest;

/// The name looked for in the current folder and upwards.
pub const FILE_NAME: &str = "thor-cutover.toml";

const PREFIX: &str = "THOR_CUTOVER_";

/// Variables that set one key of the configuration.
pub const VARIABLES: [(&str, &[&str]); 14] = [
    ("THOR_CUTOVER_CONTRACT", &["contract"]),
    ("THOR_CUTOVER_REST_URL", &["backend", "rest_url"]),
    ("THOR_CUTOVER_WS_URL", &["backend", "ws_url"]),
    ("THOR_CUTOVER_ORIGIN", &["backend", "origin"]),
    ("THOR_CUTOVER_ACCOUNT_ID", &["backend", "account_id"]),
    ("THOR_CUTOVER_CA_FILE", &["backend", "ca_file"]),
    ("THOR_CUTOVER_PROXY", &["backend", "proxy"]),
    ("THOR_CUTOVER_TOKEN_ENV", &["auth", "token_env"]),
    ("THOR_CUTOVER_TOKEN_FILE", &["auth", "token_file"]),
    ("THOR_CUTOVER_FLAGS_URL", &["flags", "served_url"]),
    ("THOR_CUTOVER_EVIDENCE", &["evidence", "store"]),
    ("THOR_CUTOVER_EVIDENCE_MAX_AGE", &["evidence", "max_age"]),
    ("THOR_CUTOVER_RECORDING_STORE", &["recording", "store"]),
    ("THOR_CUTOVER_SOURCE", &["source", "root"]),
];

/// Variables that the command line reads as defaults of its options.
const OPTION_VARIABLES: [&str; 2] = ["THOR_CUTOVER_CONFIG", "THOR_CUTOVER_FORMAT"];

/// Keys whose value is a path when it comes from the environment: those are relative to the current folder.
const PATHS: [&str; 3] = ["THOR_CUTOVER_CA_FILE", "THOR_CUTOVER_TOKEN_FILE", "THOR_CUTOVER_SOURCE"];

/// What one of `[[target]]` may say otherwise than the file.
const TABLES_OF_TARGETS: [&str; 2] = ["backend", "auth"];

/// The merged tree, and what was noticed on the way.
pub struct Layers {
    pub tree: WrittenNode,
    /// The file alone, for comparing it with what it replaces.
    pub file_tree: Option<WrittenNode>,
    pub contract: String,
    pub warnings: Vec<String>,
}

/// The configuration file's path: `--config`, else the nearest one upwards; `None` where there is none.
pub fn find_file(global: &Global, environment: &Environment) -> Option<PathBuf> {
    match &global.config {
        Some(path) => Some(environment.folder.join(path)),
        None => {
            environment.folder.ancestors().map(|folder| folder.join(FILE_NAME)).find(|path| path.is_file())
        }
    }
}

/// Lays option, environment and file over the built-in settings; `target`: with this one of `[[target]]` over the file.
pub fn layers(
    global: &Global,
    environment: &Environment,
    file: Option<(&Path, &str)>,
    target: Option<usize>,
) -> Result<Layers, Problem> {
    let file_tree = match file {
        Some((path, text)) => {
            let shown = path.strip_prefix(&environment.folder).unwrap_or(path);
            Some(WrittenNode::parse(text, &shown.display().to_string(), false)?)
        }
        None => None,
    };
    let mut over = WrittenNode::empty_table(WrittenAt::of("environment"));
    for (variable, path) in VARIABLES {
        if let Some(value) = environment.get(variable) {
            let value = match PATHS.contains(&variable) {
                true => environment.folder.join(value).display().to_string(),
                false => value.to_owned(),
            };
            over.set(path, WrittenNode::text(&value, WrittenAt::of(variable)));
        }
    }
    for (option, path, value) in [
        ("--rest-url", ["backend", "rest_url"], &global.rest_url),
        ("--ws-url", ["backend", "ws_url"], &global.ws_url),
        ("--origin", ["backend", "origin"], &global.origin),
        ("--evidence", ["evidence", "store"], &global.evidence),
    ] {
        if let Some(value) = value {
            let variable = VARIABLES.iter().find(|(_, to)| *to == path).map(|(variable, _)| *variable);
            let source = variable.filter(|name| environment.get(name) == Some(value)).unwrap_or(option);
            over.set(&path, WrittenNode::text(value, WrittenAt::of(source)));
        }
    }
    let named = over.find(&["contract"]).or_else(|| file_tree.as_ref()?.find(&["contract"]));
    let (contract, base) = contract_of(named)?;
    let mut tree = defaults(&contract).merged(base);
    if let Some(file_tree) = &file_tree {
        tree = tree.merged(file_tree.clone());
        for table in target.map_or(&[][..], |_| &TABLES_OF_TARGETS) {
            let at = target.unwrap_or_default().to_string();
            if let Some(said) = file_tree.find(&["target", &at, table]) {
                let mut over = WrittenNode::empty_table(said.place.clone());
                over.set(&[table], said.clone());
                tree = tree.merged(over);
            }
        }
    }
    let tree = tree.merged(over);
    Ok(Layers { tree, file_tree, contract, warnings: unknown_variables(environment) })
}

fn defaults(contract: &str) -> WrittenNode {
    let of = |text: &str| {
        WrittenNode::parse(text, "built-in", true)
            .expect("the embedded defaults parse: every test of settings reads them")
    };
    let all = of(include_str!("defaults.toml"));
    if contract == NO_CONTRACT { all } else { all.merged(of(include_str!("defaults-thor.toml"))) }
}

fn contract_of(named: Option<&WrittenNode>) -> Result<(String, WrittenNode), Problem> {
    use crate::contract::tree::Written;
    let name = match named.map(|node| &node.value) {
        None => CONTRACTS[0].0,
        Some(Written::Text(name)) => name,
        Some(_) => "",
    };
    match (contract::tree(name), named) {
        (Some(tree), _) => Ok((name.to_owned(), tree)),
        (None, Some(node)) => {
            let known = CONTRACTS.map(|(name, _)| name);
            let problem = Problem::at(&node.place, format!("unknown contract {name:?}"));
            Err(match nearest(name, known) {
                Some(near) => problem.hint(format!("did you mean {near:?}? There are: {}", known.join(", "))),
                None => problem.hint(format!("there are: {}", known.join(", "))),
            })
        }
        (None, None) => unreachable!("the default contract is one of CONTRACTS: a test reads it"),
    }
}

fn unknown_variables(environment: &Environment) -> Vec<String> {
    let known = || VARIABLES.iter().map(|(variable, _)| *variable).chain(OPTION_VARIABLES);
    let ours = environment.variables.keys().filter(|name| name.starts_with(PREFIX));
    ours.filter(|name| !known().any(|known| known == name.as_str()))
        .map(|name| match nearest(name, known()) {
            Some(near) => format!("environment variable {name} means nothing here; did you mean {near}?"),
            None => format!("environment variable {name} means nothing here"),
        })
        .collect()
}
