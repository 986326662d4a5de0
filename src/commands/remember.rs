//! What later decisions need, put on the ledger by the commands that write to it anyway: what an audit saw of REST,
//! so that its absence later means gone; and that a decision was GO when it was acted on, so that its evidence no
//! longer grows old. `checklist` itself only reads.

use std::collections::BTreeSet;
use std::path::Path;

use crate::commands::decision::{Asking, Gathered, baselines};
use crate::environment::Environment;
use crate::error::Result;
use crate::evidence::{Kept, id, keep};
use crate::judge::decision::Asked;
use crate::judge::decision::scope::grant;
use crate::model::facts::ledger::{Baseline, Entry, FlagState, Grant};
use crate::model::feature::Feature;
use crate::model::stage::Decision;
use crate::model::text::counted;
use crate::model::verdict::Verdict;
use crate::settings::Settings;

/// What the audit saw and the ledger does not know yet.
pub fn new_baselines(gathered: &Gathered) -> Vec<Entry> {
    let known: BTreeSet<&str> = gathered.ledger.baselines.iter().map(|it| it.id.as_str()).collect();
    let head = gathered.git.head.as_ref();
    let seen: Vec<Baseline> =
        gathered.source.as_ref().map(|source| baselines(source, head, gathered.now)).unwrap_or_default();
    seen.into_iter().filter(|it| !known.contains(it.id.as_str())).map(Entry::Baseline).collect()
}

/// The grant that consumes a decision's GO.
pub fn granted(gathered: &Gathered, feature: &Feature, decision: Decision) -> Entry {
    let at = gathered.now;
    Entry::Grant(Grant {
        id: id(at, &["grant", &feature.name, &decision.to_string()]),
        at,
        feature: feature.name.clone(),
        decision,
        rules: gathered.rules.get(&feature.name).cloned().unwrap_or_default(),
        target: gathered.target.clone(),
        revision: gathered.git.head.clone(),
        code: gathered.code(&feature.name),
        imported: None,
    })
}

/// Grants of what somebody acted on and was GO: a flag that is on, by whatever hand; a deletion that is done.
pub fn new_grants(gathered: &Gathered, settings: &Settings) -> Vec<Entry> {
    let mut entries = Vec::new();
    for feature in &settings.features {
        let facts = gathered.facts(settings);
        let acted_on = |decision| match decision {
            Decision::Cutover => facts.flag(feature).backend == FlagState::On,
            _ => {
                let claimed = gathered.decide(settings, feature, Asked::Claimed);
                claimed.claimed && claimed.decision == decision
            }
        };
        for decision in [Decision::Cutover, Decision::Delete] {
            let is_new = acted_on(decision) && grant(&facts, feature, decision).is_none();
            if is_new && gathered.decide(settings, feature, Asked::This(decision)).verdict == Verdict::Go {
                entries.push(granted(gathered, feature, decision));
            }
        }
    }
    entries
}

/// After a run was kept: what its source and its flags allow to remember. Returns what went wrong, in words; the
/// run itself is on the ledger all the same.
pub fn after_a_run(settings: &Settings, source: Option<&Path>, environment: &Environment) -> Vec<String> {
    let asking = Asking::of(settings, source, environment);
    match look(settings, &asking, environment) {
        Ok(warnings) => warnings,
        Err(error) => {
            vec![format!("the source was not looked at, so what REST has there is not remembered: {error}")]
        }
    }
}

fn look(settings: &Settings, asking: &Asking, environment: &Environment) -> Result<Vec<String>> {
    let gathered = Gathered::gather(settings, asking, environment)?;
    let entries = [new_baselines(&gathered), new_grants(&gathered, settings)].concat();
    if entries.is_empty() {
        return Ok(Vec::new());
    }
    Ok(match keep(&settings.evidence, &entries, gathered.now)? {
        Kept::Recorded { .. } => Vec::new(),
        Kept::Spooled { path, why } => {
            vec![format!(
                "{why}; {} in {}",
                counted(entries.len(), "entry waits", "entries wait"),
                path.display()
            )]
        }
    })
}
