//! What the configuration says is to be watched, read at the start and again at each SIGHUP.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use crate::cli::{Cli, ShadowDiffArgs, WatchArgs};
use crate::clock::Clock;
use crate::commands::shadow_diff::evidence::{of_no_code, unknown_revision, would_be_of_no_code};
use crate::commands::watch::http;
use crate::contract::tree::{Problem, WrittenAt};
use crate::environment::Environment;
use crate::error::{Error, Result, nearest};
use crate::observe;
use crate::settings::{self, NotifySettings, Settings, TargetSettings, WatchSettings};
use crate::storage::Storage;
use crate::watch::{TargetPlan, due};

/// All targets, checked as far as that goes without asking anybody.
pub struct Configured {
    /// By the target's name.
    pub settings: BTreeMap<String, Arc<Settings>>,
    pub plans: Vec<TargetPlan>,
    pub watch: WatchSettings,
    /// Where /metrics and /healthz are served, if they are.
    pub listen: Option<SocketAddr>,
    pub warnings: Vec<String>,
    /// The file that it was read from.
    file: Option<PathBuf>,
    /// Whether that has no key.
    is_empty: bool,
}

impl Configured {
    /// # Errors
    /// Usage and configuration: whatever waiting cannot cure.
    pub fn load(cli: &Cli, arguments: &WatchArgs, environment: &Environment) -> Result<Self> {
        let mut targets = settings::load_targets(&cli.global, environment)?;
        for name in &arguments.targets {
            let known = || targets.iter().map(|(target, _)| target.name.as_str());
            if !known().any(|known| known == name) {
                let error = Error::usage(format!("no target is called `{name}`"));
                return Err(match nearest(name, known()) {
                    Some(near) => error.hint(format!("did you mean `{near}`?")),
                    None => error.hint(format!("targets: {}", known().collect::<Vec<_>>().join(", "))),
                });
            }
        }
        if !arguments.targets.is_empty() {
            targets.retain(|(target, _)| arguments.targets.contains(&target.name));
        }
        let Some((_, first)) = targets.first() else {
            return Err(Error::usage("no target is configured"));
        };
        // the tree is the same for all targets
        let tree = ShadowDiffArgs {
            source: arguments.source.clone(),
            revision: arguments.revision.clone(),
            ..ShadowDiffArgs::default()
        };
        let mut warnings = first.warnings.clone();
        if would_be_of_no_code(&tree, first, environment)? {
            warnings.push(of_no_code(first.is_thor()));
        } else {
            warnings.extend(unknown_revision(&tree, first, environment));
        }
        let listen = arguments.listen.or(first.watch.listen);
        let is_meant = arguments.expose || first.watch.expose;
        listen.map(|listen| http::refuse_unmeant(listen, is_meant)).transpose()?;
        let mut notify = first.watch.notify.clone();
        if let Some(program) = &arguments.notify {
            notify.command = vec![program.clone()];
            notify.command_at = WrittenAt::of("--notify");
        }
        refuse_missing_program(&notify, environment)?;
        first.recording_store.as_ref().map(|store| Storage::open(store, environment)).transpose()?;
        let mut configured = Self {
            listen,
            watch: WatchSettings { notify, ..first.watch.clone() },
            warnings,
            file: first.file.clone(),
            is_empty: first.is_file_empty,
            settings: BTreeMap::new(),
            plans: Vec::new(),
        };
        for (target, settings) in targets {
            configured.add(target, settings, arguments, environment)?;
        }
        Ok(configured)
    }

    /// Why `other` is not what this configuration's file says now, if so: the file is gone or has nothing in it, as an
    /// editor is about to write it.
    pub fn has_lost(&self, other: &Self) -> Option<String> {
        let file = self.file.as_ref()?;
        if other.file.as_ref() != Some(file) {
            return Some(format!("{} is not there any more", file.display()));
        }
        other.is_empty.then(|| format!("{} is empty", file.display()))
    }

    fn add(
        &mut self,
        target: TargetSettings,
        settings: Settings,
        arguments: &WatchArgs,
        environment: &Environment,
    ) -> Result<()> {
        let names = if arguments.features.is_empty() { &target.features } else { &arguments.features };
        let chosen = settings.select(names)?;
        let (listed, unlisted): (Vec<_>, Vec<_>) = chosen
            .iter()
            .map(|feature| feature.name.clone())
            .partition(|name| settings.sessions.iter().any(|session| session.features.contains(name)));
        if listed.is_empty() {
            return Err(Error::usage(format!(
                "{}: no market session lists {}",
                target.name,
                unlisted.join(", ")
            ))
            .hint("list the features in a [[session]] of thor-cutover.toml"));
        }
        if !unlisted.is_empty() {
            self.warnings.push(format!(
                "{}: no [[session]] lists {}, so they are not observed",
                target.name,
                unlisted.join(", ")
            ));
        }
        let now = Clock::wall();
        due(&target.name, &settings.sessions, &listed, now, now).map_err(Error::usage)?;
        observe::check(&settings.backend, &settings.auth, environment)?;
        // a secret that changes shows as one that is there; what it is, is nobody's business here
        let whole = format!(
            "{:?}",
            (
                (&settings.backend, &settings.auth, &settings.features, &settings.sessions),
                (&settings.thresholds, &settings.evidence, &settings.flags, &settings.source),
                (&settings.identifiers, settings.watch.rotate, &listed),
            )
        );
        let digest = format!("{:032x}", xxhash_rust::xxh3::xxh3_128(whole.as_bytes()));
        self.plans.push(TargetPlan {
            name: target.name.clone(),
            features: listed,
            sessions: settings.sessions.clone(),
            digest,
        });
        self.settings.insert(target.name, Arc::new(settings));
        Ok(())
    }
}

/// Whether the program that is to be told can be run: that it cannot is not to be found out at the first difference.
fn refuse_missing_program(notify: &NotifySettings, environment: &Environment) -> Result<()> {
    let Some(program) = notify.command.first() else { return Ok(()) };
    let path = environment.variables.get("PATH");
    which::which_in(program, path, &environment.folder).map(drop).map_err(|_| {
        let why = format!("no program that can be run is {program:?}");
        Error::usage(Problem::at(&notify.command_at, why))
            .hint("name it with its path, or as it is found by PATH; its arguments are words of their own")
    })
}
