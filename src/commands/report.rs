//! `report`: the whole cutover from the ledger, the flags and the source, for whoever decides. It only reads.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::cli::{Global, ReportArgs};
use crate::commands::checklist::searched_files;
use crate::commands::decision::{Asking, Gathered};
use crate::commands::provenance;
use crate::commands::trust::{distrust, trusted_keys};
use crate::environment::Environment;
use crate::error::Result;
use crate::evidence::{Ledger, LedgerPlace};
use crate::judge::decision::{Asked, Decided};
use crate::model::facts::ledger::LedgerFacts;
use crate::model::feature::Feature;
use crate::report::Answer;
use crate::report::cutover::{CutoverAnswer, Material, cutover};
use crate::settings::{self, Settings};

pub fn run(args: &ReportArgs, global: &Global, environment: &Environment) -> Result<Box<dyn Answer>> {
    let settings = settings::load(global, environment)?;
    let features = settings.select(&args.features)?;
    let asking = Asking {
        revision: args.revision.clone(),
        ..Asking::of(&settings, args.source.as_deref(), environment)
    };
    let gathered = Gathered::gather(&settings, &asking, environment)?;
    let age = args.last.map(|last| SignedDuration::try_from(last).unwrap_or(SignedDuration::MAX));
    let since = age.map(|age| gathered.now.checked_sub(age).unwrap_or(Timestamp::MIN));
    let (ledger, history) = history(&settings, since.unwrap_or(Timestamp::MIN))?;
    let decided: Vec<(&Feature, Decided)> = features
        .iter()
        .map(|feature| (feature, gathered.decide(&settings, feature, Asked::Claimed)))
        .collect();
    let code: BTreeMap<_, _> = features
        .iter()
        .filter_map(|feature| Some((feature.name.clone(), gathered.code(&feature.name)?)))
        .collect();
    let facts = gathered.facts(&settings);
    Ok(Box::new(CutoverAnswer(cutover(Material {
        flags: &provenance::flag_states(&settings, &gathered.flags),
        facts: &facts,
        history: &history,
        contract: &settings.contract,
        decided,
        code,
        ledger,
        source: gathered.source.as_ref().map(searched_files),
        since,
        warnings: gathered.warnings.clone(),
    }))))
}

/// Everything on the ledger since then, runs with their full reports; and the ledger's name, where there is one.
fn history(settings: &Settings, since: Timestamp) -> Result<(Option<String>, LedgerFacts)> {
    let trusted = trusted_keys(settings)?;
    let place = LedgerPlace::from(&settings.evidence).within(LedgerPlace::PATIENCE);
    let Some(mut ledger) = Ledger::read(place)? else { return Ok((None, LedgerFacts::default())) };
    let mut history = ledger.history(since)?;
    // the decision has already said what is not trusted
    distrust(&mut history, &trusted);
    Ok((Some(ledger.path().display().to_string()), history))
}
