//! More shapes of pages, found by trying: what repeats a request of the balance is found, or said to be unknown; what
//! only moves a picture is neither.

mod callbacks;
mod elsewhere;
mod libraries;
mod pictures;
mod requests;
mod timers;
mod unknown;

use thor_cutover::model::facts::audit::{Finding, FindingKind};

use super::shapes::of_page;

/// A name, the page, and more files beside it.
type Shape = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

fn repeated(page: &str, more: &[(&str, &str)]) -> Vec<Finding> {
    let report = of_page(page, more);
    assert!(report.searched.unparsed.is_empty(), "{:?}", report.searched.unparsed);
    let kinds = [FindingKind::Poller, FindingKind::UnresolvedRequest];
    report.findings.into_iter().filter(|it| kinds.contains(&it.kind)).collect()
}

fn wrong(shapes: &[Shape], right: impl Fn(&[Finding]) -> bool) -> Vec<String> {
    let of = |(name, page, more): &Shape| {
        let found = repeated(page, more);
        (!right(&found)).then(|| format!("{name}: {found:#?}"))
    };
    shapes.iter().filter_map(of).collect()
}

#[test]
fn a_request_is_found_however_it_comes_to_be_repeated() {
    let balance =
        |it: &Finding| it.kind == FindingKind::Poller && it.feature.as_deref() == Some("account_balance");
    let all = [
        callbacks::FOUND,
        elsewhere::FOUND,
        libraries::FOUND,
        requests::FOUND,
        timers::FOUND,
        timers::UNTOLD,
    ]
    .concat();
    let missed = wrong(&all, |found| found.iter().any(balance));
    assert!(missed.is_empty(), "{} of {} missed:\n{}", missed.len(), all.len(), missed.join("\n"));
}

#[test]
fn what_cannot_be_found_out_is_said_to_be_unknown() {
    let unknown = |it: &Finding| it.kind == FindingKind::UnresolvedRequest && it.feature.is_none();
    let silent = wrong(unknown::UNKNOWN, |found| found.iter().any(unknown));
    assert!(silent.is_empty(), "{}", silent.join("\n"));
}

#[test]
fn what_only_moves_a_picture_is_neither() {
    let alarms =
        wrong(&[pictures::PICTURES, elsewhere::PICTURES, timers::PICTURES].concat(), <[Finding]>::is_empty);
    assert!(alarms.is_empty(), "{}", alarms.join("\n"));
}

#[test]
fn how_often_is_known_however_it_is_handed_over() {
    for (name, page, more) in elsewhere::FOUND.iter().chain(timers::FOUND) {
        let found = repeated(page, more);
        let often: Vec<&[u64]> = found.iter().map(|it| it.interval_ms.as_slice()).collect();
        assert!(often.iter().all(|it| *it == [1000]) && !often.is_empty(), "{name}: {often:?}");
    }
}
