//! On a pipe: a line for each finding and one a minute, and not one byte that only a terminal understands.

use std::process::Command;

use thor_cutover::live::plain::Plain;
use thor_cutover::model::time::Nanos;

use super::pictures::{differing, report};
use super::{Stage, a_cent_off, variables};

#[test]
fn each_finding_is_told_once_on_a_pipe() {
    let stage = Stage::with(vec![a_cent_off()]);
    let output = Command::new(env!("CARGO_BIN_EXE_thor-cutover"))
        .current_dir(stage.path())
        .env_clear()
        .envs(variables("xterm"))
        .args(["shadow-diff", "positions", "--for", "18s", "--every", "200ms", "--no-evidence"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    let told = said.lines().filter(|line| line.contains("positions: value  /mark_price")).count();
    assert_eq!(told, 1, "{said}");
    assert!(!said.contains('\u{1b}'), "{said:?}");
}

#[test]
fn a_line_a_minute_and_none_between() {
    let report = report();
    let mut plain = Plain::default();
    let said: Vec<usize> = (0..600)
        .map(|half| Nanos(half * 500_000_000))
        .map(|now| plain.lines(now, &report).iter().filter(|line| line.contains("samples,")).count())
        .collect();
    assert_eq!(said.iter().sum::<usize>(), 4);
    assert_eq!(said.iter().position(|lines| *lines > 0), Some(120));
}

#[test]
fn a_stream_that_is_wrong_in_everything_does_not_fill_a_log() {
    let mut report = report();
    let feature = &mut report.features[1];
    feature.findings = (0..500).map(|n| differing(&format!("/field{n}"), "1", "2")).collect();
    let mut plain = Plain::default();
    let first = plain.lines(Nanos::ZERO, &report);
    assert_eq!(first.len(), 21, "{first:?}");
    assert!(first[20].contains("counted, not told"));
    assert!(plain.lines(Nanos(1_000_000_000), &report).is_empty());
}
