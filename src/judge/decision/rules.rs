//! Why a run was judged by other rules: which setting differs, what it says there and here, and where.

use crate::judge::decision::Facts;
use crate::model::facts::ledger::{RunRecord, SaidSetting};

/// As a reason that follows a number of runs: "2 judged by other rules: …".
pub fn other_rules(facts: &Facts<'_>, feature: &str, run: &RunRecord) -> String {
    let differing = differing(facts, feature, run);
    match (differing.as_slice(), &run.settings) {
        ([], None) => "judged by other rules".to_owned(),
        ([], Some(_)) => format!(
            "judged by other rules: what was set is the same, so the built-in ones differ (version {} of the tool)",
            run.tool
        ),
        (differing, _) => format!("judged by other rules: {}", differing.join("; ")),
    }
}

fn differing(facts: &Facts<'_>, feature: &str, run: &RunRecord) -> Vec<String> {
    let Some(there) = &run.settings else { return Vec::new() };
    let prefix = format!("features.{feature}.");
    let bears = |it: &&SaidSetting| !it.key.starts_with("features.") || it.key.starts_with(&prefix);
    let find = |all: &[SaidSetting], key: &str| all.iter().find(|it| it.key == key).cloned();
    let word = |said: Option<&SaidSetting>, where_: &str| match said {
        Some(SaidSetting { value, place, .. }) => format!("{value} {where_} (by {place})"),
        None => format!("not set {where_}"),
    };
    let mut keys: Vec<&str> =
        there.iter().chain(facts.settings).filter(bears).map(|it| it.key.as_str()).collect();
    keys.sort_unstable();
    keys.dedup();
    let tell = |key: &str| {
        let (there, here) = (find(there, key), find(facts.settings, key));
        let same = there.as_ref().map(|it| &it.value) == here.as_ref().map(|it| &it.value);
        // two account numbers that may not be shown may be the same one
        let hidden = there.as_ref().is_some_and(|it| it.value.contains('…'));
        (!same || hidden).then(|| {
            format!("{key} is {} and {}", word(there.as_ref(), "there"), word(here.as_ref(), "here"))
        })
    };
    keys.into_iter().filter_map(tell).collect()
}
