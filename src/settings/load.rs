//! From the merged tree to [`Settings`]: paths joined, URLs derived, the impossible refused where it was written.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::bounded::{MAX_CONFIGURATION, read_named};
use crate::cli::Global;
use crate::contract::read::read;
use crate::contract::tree::{Problem, Written, WrittenNode};
use crate::contract::{self, NO_CONTRACT, build};
use crate::environment::Environment;
use crate::error::{Error, Result, nearest};
use crate::json::number::Tolerance;
use crate::json::pointer::Pointer;
use crate::model::facts::ledger::ACCOUNT_KEY;
use crate::model::feature::{Compare, Feature};
use crate::model::routing::Routing;
use crate::model::thresholds::Thresholds;
use crate::settings::audit::audit;
use crate::settings::backend::{backend, http_url, refuse_secret_query};
use crate::settings::evidence::evidence;
use crate::settings::session::sessions;
use crate::settings::socket::{refuse_literal_secrets, socket};
use crate::settings::sources::{self, Layers};
use crate::settings::watch::{recording_store, targets, watch};
use crate::settings::written::{AuthWritten, FileWritten, ThresholdsWritten};
use crate::settings::{
    AuthSettings, Csrf, FlagFiles, Login, Settings, SocketSettings, SourceSettings, TargetSettings,
};

/// The settings of this call. Errors are usage errors (exit 2) that name file and line.
pub fn load(global: &Global, environment: &Environment) -> Result<Settings> {
    load_laid_over(global, environment, None)
}

/// The settings of each target that `watch` may observe, by its name; without any, of the whole file under the name
/// `main`. What a target says is laid over the file; options and variables beat both.
///
/// # Errors
/// As [`load`]; two targets that are the same account of the same backend.
pub fn load_targets(global: &Global, environment: &Environment) -> Result<Vec<(TargetSettings, Settings)>> {
    let whole = load(global, environment)?;
    if whole.targets.is_empty() {
        let only = TargetSettings { name: "main".to_owned(), features: Vec::new() };
        return Ok(vec![(only, whole)]);
    }
    let mut loaded: Vec<(TargetSettings, Settings)> = Vec::with_capacity(whole.targets.len());
    for (at, target) in whole.targets.iter().enumerate() {
        let settings = load_laid_over(global, environment, Some(at))?;
        let is_same = |other: &Settings| {
            (&other.backend.rest_url, &other.backend.account_id)
                == (&settings.backend.rest_url, &settings.backend.account_id)
        };
        if let Some((other, _)) = loaded.iter().find(|(_, other)| is_same(other)) {
            let why = "the same account of the same backend: its evidence would count twice";
            return Err(Error::usage(format!("the targets {} and {} are {why}", other.name, target.name))
                .hint("give each of them its own backend = { rest_url = …, account_id = … }; an option or a variable \
                       THOR_CUTOVER_* beats what targets say"));
        }
        loaded.push((target.clone(), settings));
    }
    Ok(loaded)
}

fn load_laid_over(global: &Global, environment: &Environment, target: Option<usize>) -> Result<Settings> {
    let file = sources::find_file(global, environment);
    let text = match &file {
        Some(path) => Some(read_named(path, MAX_CONFIGURATION).map_err(|error| {
            Error::usage(error).hint("--config (or THOR_CUTOVER_CONFIG) names a readable TOML file in UTF-8")
        })?),
        None => None,
    };
    let written = file.as_deref().zip(text.as_deref());
    let layers = sources::layers(global, environment, written, target).map_err(usage)?;
    build_settings(layers, file, environment).map_err(usage)
}

/// The settings that a configuration file with this text would give, whatever the options and variables are.
pub fn of_text(text: &str, path: &Path) -> Result<Settings> {
    let environment = Environment::default();
    let layers =
        sources::layers(&Global::default(), &environment, Some((path, text)), None).map_err(usage)?;
    build_settings(layers, Some(path.to_owned()), &environment).map_err(usage)
}

fn usage(problem: Problem) -> Error {
    let error = Error::usage(&problem);
    match problem.hint {
        Some(hint) => error.hint(hint),
        None => error,
    }
}

fn build_settings(
    layers: Layers,
    file: Option<PathBuf>,
    environment: &Environment,
) -> std::result::Result<Settings, Problem> {
    let tree = &layers.tree;
    let mut warnings = layers.warnings;
    let root = file.as_deref().and_then(Path::parent).unwrap_or(&environment.folder).to_owned();
    let account =
        tree.find(&["backend", "account_id"]).map(read::<crate::contract::written::TextValue>).transpose()?;
    let account = account.map(|account| account.0).filter(|account| !account.is_empty());
    let mut features = build::features(tree, account.as_deref())?;
    if tree.find(&["source", "accept"]).is_some() {
        let problem = Problem::at(tree.place_of(&["source", "accept"]), "`accept` is no key of [source]");
        return Err(problem.hint("write it as [audit] suppress"));
    }
    let written: FileWritten = read(&without_features(tree))?;
    let mut named = Vec::new();
    for (name, mut written) in written.sockets {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        if name.is_empty() || !name.chars().all(is_plain) {
            let place = tree.place_of(&["sockets", &name]);
            return Err(Problem::at(
                place,
                format!("{name:?} is no name for a socket: letters, digits, _ and -"),
            ));
        }
        let url = written.url.take();
        let of_name = socket(tree, Some(&name), written, &features, &root, environment, &mut warnings)?;
        named.push((name, url, of_name));
    }
    let socket = socket(tree, None, written.socket, &features, &root, environment, &mut warnings)?;
    for feature in &mut features {
        feature.routing = routing_of(tree, feature, &socket, &named)?;
    }
    warnings.extend(unused_sockets(tree, &named, &features));
    let backend = backend(tree, written.backend, socket, named, &root, environment, &mut warnings)?;
    for feature in &features {
        let place = tree.place_of(&["features", &feature.name, "rest", "path"]);
        refuse_secret_query(place, "rest.path", &feature.rest.path)?;
        if let Some(post) = &feature.rest.post {
            let place = tree.place_of(&["features", &feature.name, "rest", "body"]);
            let instead = "send it as a header whose value comes from a variable: [backend] header_env";
            refuse_literal_secrets(place, &post.body, instead)?;
        }
    }
    let sessions = sessions(tree, written.session, features.iter().map(|feature| feature.name.as_str()))?;
    for feature in &mut features {
        let of_it = sessions.iter().filter(|session| session.features.contains(&feature.name));
        feature.sessions = of_it.map(|session| session.name.clone()).collect();
    }
    if let Some(file_tree) = &layers.file_tree {
        warnings.extend(replaced_rules(file_tree, &layers.contract, &features));
    }
    let join_all = |paths: Vec<String>| paths.iter().map(|path| root.join(path)).collect::<Vec<_>>();
    // What nobody wrote down is Thor's, and is in Thor's tree, wherever the configuration lies.
    let thor = written.source.root.as_ref().map_or_else(|| root.clone(), |path| root.join(path));
    let join_flags = |key: &str, paths: Vec<String>| {
        let is_thors = tree.place_of(&["flags", key]).built_in;
        let folder = if is_thors { &thor } else { &root };
        paths.iter().map(|path| folder.join(path)).collect::<Vec<_>>()
    };
    let flags = FlagFiles {
        served_url: match &written.flags.served_url {
            Some(text) => Some(http_url(tree, &["flags", "served_url"], text)?),
            None => None,
        },
        env_files: join_flags("env_files", written.flags.env_files),
        env_reader: written.flags.env_reader,
        frontend_env_files: join_flags("frontend_env_files", written.flags.frontend_env_files),
        compose_files: join_flags("compose_files", written.flags.compose_files),
    };
    let evidence = evidence(tree, written.evidence, &root, environment)?;
    let watch = watch(tree, written.watch, &root, environment)?;
    let names = features.iter().map(|feature| feature.name.as_str());
    let targets = targets(tree, written.target, names)?;
    let (mappings, suppressions) = audit(tree, written.audit, &features)?;
    let source = SourceSettings {
        none: no_source(tree, written.source.none, written.source.root.is_some())?,
        root: written.source.root.map(|path| root.join(path)),
        extra_roots: join_all(written.source.extra_roots),
        names: audit_names(tree, written.source.names)?,
        mappings,
        suppressions,
    };
    let has_no_key = |file: &WrittenNode| matches!(&file.value, Written::Table(keys) if keys.is_empty());
    Ok(Settings {
        is_file_empty: layers.file_tree.as_ref().is_some_and(has_no_key),
        auth: auth(tree, written.auth, &root, &layers.contract)?,
        contract: layers.contract,
        backend,
        flags,
        sessions,
        evidence,
        source,
        thresholds: thresholds(tree, written.thresholds)?,
        watch,
        targets,
        places: places(tree, &features),
        features,
        recording_store: recording_store(tree, written.recording.store.as_deref())?,
        identifiers: written.recording.identifiers,
        warnings,
        file,
        root,
    })
}

type WrittenSocket = (String, Option<String>, SocketSettings);

/// How the frames of a feature's socket are read.
fn routing_of(
    tree: &WrittenNode,
    feature: &Feature,
    socket: &SocketSettings,
    named: &[WrittenSocket],
) -> std::result::Result<Routing, Problem> {
    let Some(name) = &feature.socket else { return Ok(socket.routing.clone()) };
    if let Some((_, _, found)) = named.iter().find(|(known, ..)| known == name) {
        return Ok(found.routing.clone());
    }
    let place = tree.place_of(&["features", &feature.name, "socket"]);
    let problem = Problem::at(place, format!("there is no [sockets.{name}]"));
    let known: Vec<&str> = named.iter().map(|(known, ..)| known.as_str()).collect();
    Err(match nearest(name, known.iter().copied()) {
        Some(near) => problem.hint(format!("did you mean {near:?}?")),
        None if known.is_empty() => problem.hint(format!("write a [sockets.{name}] table with its url")),
        None => problem.hint(format!("there are: {}", known.join(", "))),
    })
}

fn unused_sockets<'w>(
    tree: &'w WrittenNode,
    named: &'w [WrittenSocket],
    features: &'w [Feature],
) -> impl Iterator<Item = String> + 'w {
    let unused = |name: &str| !features.iter().any(|feature| feature.socket.as_deref() == Some(name));
    named
        .iter()
        .filter(move |(name, ..)| unused(name))
        .map(|(name, ..)| format!("{}: no feature has socket = {name:?}", tree.place_of(&["sockets", name])))
}

/// Where the keys come from that evidence is bound to. A key that is nowhere written is the contract's default.
fn places(tree: &WrittenNode, features: &[Feature]) -> BTreeMap<String, BTreeMap<String, String>> {
    let place = |path: &[&str]| match tree.find(path) {
        Some(node) => node.place.to_string(),
        None => "by default".to_owned(),
    };
    let of_feature = |feature: &Feature| {
        let keys = contract::keys(feature).into_keys().map(|key| {
            let names: Vec<&str> = match key.split_once("./") {
                Some((above, _)) => vec![above],
                None => key.split('.').collect(),
            };
            let place = match names.as_slice() {
                ["routing", names @ ..] => match &feature.socket {
                    None => place(&[&["socket"], names].concat()),
                    Some(socket) => place(&[&["sockets", socket], names].concat()),
                },
                names => place(&[&["features", feature.name.as_str()], names].concat()),
            };
            (key, place)
        });
        (feature.name.clone(), keys.collect())
    };
    let account = (ACCOUNT_KEY.to_owned(), place(&["backend", "account_id"]));
    features.iter().map(of_feature).chain([(String::new(), BTreeMap::from([account]))]).collect()
}

/// Features are read one by one by the contract, which knows more about them.
fn without_features(tree: &WrittenNode) -> WrittenNode {
    use crate::contract::tree::Written;
    let mut tree = tree.clone();
    if let Written::Table(table) = &mut tree.value {
        table.remove("features");
    }
    tree
}

/// The roles under which the audit takes names.
const ROLES: [&str; 3] = ["helpers", "listeners", "base_urls"];

fn audit_names(
    tree: &WrittenNode,
    names: BTreeMap<String, Vec<String>>,
) -> std::result::Result<BTreeMap<String, Vec<String>>, Problem> {
    if let Some(role) = names.keys().find(|role| !ROLES.contains(&role.as_str())) {
        let problem = Problem::at(tree.place_of(&["source", "names", role]), format!("no such role: {role}"));
        return Err(match nearest(role, ROLES) {
            Some(near) => problem.hint(format!("did you mean {near}?")),
            None => problem.hint(format!("roles: {}", ROLES.join(", "))),
        });
    }
    Ok(names)
}

/// A waiver says why; a tree that is named is searched, so that both at once cannot be meant.
fn no_source(
    tree: &WrittenNode,
    reason: Option<String>,
    is_named: bool,
) -> std::result::Result<Option<String>, Problem> {
    let problem = |text: &str| Problem::at(tree.place_of(&["source", "none"]), text);
    match reason.as_deref().map(str::trim) {
        Some("") => Err(problem("`none` gives no reason").hint("say why there is no tree to search")),
        Some(_) if is_named => Err(problem("`none` beside `root`: a tree that is named is searched")
            .hint("take one of the two out (THOR_CUTOVER_SOURCE sets `root`)")),
        reason => Ok(reason.map(str::to_owned)),
    }
}

/// The cookie and the header of a login that is refused without them.
fn csrf(
    tree: &WrittenNode,
    earns_cookies: Option<bool>,
    cookie: Option<String>,
    header: Option<String>,
) -> std::result::Result<Option<Csrf>, Problem> {
    let problem = |key: &str, text: &str| Problem::at(tree.place_of(&["auth", "login", key]), text);
    let Some(cookie) = cookie else {
        let header = header
            .map(|_| problem("csrf_header", "`csrf_header` without `csrf_cookie`: what is to stand in it?"));
        return header.map_or(Ok(None), Err);
    };
    if earns_cookies != Some(true) {
        return Err(problem("csrf_cookie", "`csrf_cookie` needs `cookies = true`"));
    }
    let header = header.unwrap_or_else(|| "X-CSRFToken".to_owned());
    if http::HeaderName::from_bytes(header.as_bytes()).is_err() {
        return Err(problem("csrf_header", "`csrf_header` is no header's name"));
    }
    Ok(Some(Csrf { cookie, header }))
}

fn auth(
    tree: &WrittenNode,
    written: AuthWritten,
    root: &Path,
    contract: &str,
) -> std::result::Result<AuthSettings, Problem> {
    // of a server that is not Thor nobody knows where it is logged in to, nor by which variables
    let or = |key: &str, value: Option<String>, default: &str| match value {
        None if contract == NO_CONTRACT => {
            let place = tree.place_of(&["auth", "login"]);
            Err(Problem::at(place, format!("[auth] login lacks `{key}`: it has a default for Thor only")))
        }
        value => Ok(value.unwrap_or_else(|| default.to_owned())),
    };
    let login = written.login.map(|login| {
        let refresh_path = match login.refresh_path {
            None if contract == NO_CONTRACT => None,
            path => Some(path.unwrap_or_else(|| "/api/users/token/refresh/".to_owned())),
        };
        let field = |key: &str, written: Option<String>, default: &str| {
            let written = written.unwrap_or_else(|| default.to_owned());
            let pointer = if written.starts_with('/') { written.parse().ok() } else { None };
            match pointer {
                Some(pointer) => Ok(pointer),
                None if written.is_empty() || written.starts_with('/') => {
                    let place = tree.place_of(&["auth", "login", key]);
                    Err(Problem::at(place, format!("`{key}` is a member's name or a pointer: {written:?}")))
                }
                None => Ok(Pointer::root().join(&written)),
            }
        };
        Ok(Login {
            password_field: login.password_field.unwrap_or_else(|| "password".to_owned()),
            access: field("access_field", login.access_field, "access")?,
            refresh: field("refresh_field", login.refresh_field, "refresh")?,
            cookies: login.cookies.unwrap_or(false),
            csrf: csrf(tree, login.cookies, login.csrf_cookie, login.csrf_header)?,
            path: or("path", login.path, "/api/users/login/")?,
            refresh_path,
            username_field: or("username_field", login.username_field, "email")?,
            username_env: or("username_env", login.username_env, "THOR_USER")?,
            password_env: or("password_env", login.password_env, "THOR_PASSWORD")?,
        })
    });
    let scheme = written.scheme.unwrap_or_else(|| "Bearer".to_owned());
    if !scheme.bytes().all(|byte| byte.is_ascii_graphic()) {
        let place = tree.place_of(&["auth", "scheme"]);
        return Err(Problem::at(place, format!("`scheme` is one word of a header: {scheme:?}"))
            .hint("such as Token, as Django REST framework's own tokens have it"));
    }
    Ok(AuthSettings {
        scheme,
        token_env: written.token_env,
        token_file: written.token_file.map(|path| root.join(path)),
        login: login.transpose()?,
    })
}

fn thresholds(tree: &WrittenNode, written: ThresholdsWritten) -> std::result::Result<Thresholds, Problem> {
    let default = Thresholds::default();
    let share = |key: &str, value: Option<f64>, default: f64| match value {
        Some(value) if !(0.0..=1.0).contains(&value) => {
            let place = tree.place_of(&["thresholds", key]);
            Err(Problem::at(place, format!("`{key}` is a share between 0 and 1, not {value}")))
        }
        value => Ok(value.unwrap_or(default)),
    };
    let at_least_one = |key: &str, value: Option<u64>, default: u64| match value {
        Some(0) => {
            let place = tree.place_of(&["thresholds", key]);
            Err(Problem::at(place, format!("`{key}` is at least 1: nothing observed is never a go")))
        }
        value => Ok(value.unwrap_or(default)),
    };
    Ok(Thresholds {
        min_samples: at_least_one("min_samples", written.min_samples, default.min_samples)?,
        min_transitions: at_least_one("min_transitions", written.min_transitions, default.min_transitions)?,
        max_unaligned: share("max_unaligned", written.max_unaligned, default.max_unaligned)?,
        max_torn: share("max_torn", written.max_torn, default.max_torn)?,
        shadow_sessions: written.shadow_sessions.unwrap_or(default.shadow_sessions),
        live_sessions: written.live_sessions.unwrap_or(default.live_sessions),
        session_coverage: share("session_coverage", written.session_coverage, default.session_coverage)?,
    })
}

/// An array replaces the built-in one: what a user's `rules` dropped without a word is said aloud. Not so for
/// other names of a field: where one is missed, the finding names it.
fn replaced_rules(file: &WrittenNode, contract: &str, features: &[Feature]) -> Vec<String> {
    let mut warnings = Vec::new();
    for before in crate::contract::built_in(contract) {
        let Some(rules) = file.find(&["features", &before.name, "rules"]) else { continue };
        let Some(now) = features.iter().find(|feature| feature.name == before.name) else { continue };
        let lost: Vec<String> = before
            .rules
            .iter()
            .filter(|rule| rule.compare != Compare::Decimal { tolerance: Tolerance::None })
            .filter(|rule| !now.rules.iter().any(|kept| kept.rest == rule.rest))
            .map(|rule| rule.rest.to_string())
            .collect();
        if !lost.is_empty() {
            warnings.push(format!(
                "{}: `rules` of {} replaces the built-in rules for {}",
                rules.place,
                before.name,
                lost.join(", ")
            ));
        }
    }
    warnings
}
