//! Claims of docs/capacity.md: each number of a plan follows from the unit costs and the loads that stand above it.

use std::collections::BTreeMap;
use std::path::Path;

use thor_cutover::settings::of_text;

fn page() -> String {
    fs_err::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/capacity.md")).unwrap()
}

/// The cells of each row of the table below a heading, without the table's own head.
fn rows(page: &str, heading: &str) -> Vec<Vec<String>> {
    let section = page.split(&format!("## {heading}\n")).nth(1).unwrap_or_else(|| panic!("no {heading}"));
    let table =
        section.lines().skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|'));
    let cells = |line: &str| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect();
    let rows: Vec<Vec<String>> = table.skip(2).map(cells).collect();
    assert!(!rows.is_empty(), "no table below {heading}");
    rows
}

/// The number that a cell begins with.
fn number(cell: &str) -> f64 {
    let text: String = cell
        .chars()
        .take_while(|it| it.is_ascii_digit() || matches!(it, '.' | ','))
        .filter(|it| *it != ',')
        .collect();
    text.parse().unwrap_or_else(|_| panic!("no number in {cell:?}"))
}

/// What stands in the tables of costs and loads, by its name.
fn given(page: &str) -> BTreeMap<String, f64> {
    let both = [rows(page, "What an account costs"), rows(page, "What is assumed")].concat();
    both.iter().map(|row| (row[0].clone(), number(&row[1]))).collect()
}

/// Each derived row of a plan: its name, and its number for so many accounts.
fn derived(given: &BTreeMap<String, f64>, accounts: f64) -> Vec<(&'static str, f64)> {
    let of = |name: &str| *given.get(name).unwrap_or_else(|| panic!("{name:?} is not given"));
    let processes = (accounts / of("accounts of a process")).ceil();
    let a_day = accounts * of("recorded of an account") * of("hours of sessions a day");
    let runs = accounts * of("windows of an account a day");
    vec![
        ("processes", processes),
        ("cores", accounts * of("CPU of an account") / 100.0),
        ("memory, GB", (processes * of("memory of a process") + accounts * of("memory of an account")) / 1e3),
        ("threads of a process", accounts.min(of("accounts of a process")) * of("threads of an account")),
        (
            "open files of a process",
            accounts.min(of("accounts of a process")) * of("open files of an account"),
        ),
        ("connections to Thor", accounts * of("connections of an account")),
        ("REST requests a second", accounts * of("answers of an account")),
        ("recorded a day, GB", a_day / 1e3),
        ("recorded in all, GB", a_day * of("sessions that recordings are kept") / 1e3),
        ("runs on the ledger a day", runs),
        ("ledger in five weeks, GB", runs * 25.0 * of("ledger of a run") / 1e6),
    ]
}

/// Three digits are what a measurement is worth.
fn is_about(shown: f64, value: f64) -> bool {
    (shown - value).abs() <= 0.005 * value.abs() + f64::EPSILON
}

#[test]
fn the_plans_follow_from_the_unit_costs() {
    let page = page();
    let given = given(&page);
    let rows = rows(&page, "Three plans");
    let head = page.lines().find(|line| line.starts_with("| accounts |")).unwrap();
    let accounts: Vec<f64> =
        head.trim_matches('|').split('|').skip(1).map(|cell| number(cell.trim())).collect();
    assert_eq!(accounts, [10.0, 1_000.0, 100_000.0]);
    for (at, accounts) in accounts.into_iter().enumerate() {
        let expected = derived(&given, accounts);
        let names: Vec<&str> = rows.iter().map(|row| row[0].as_str()).collect();
        assert_eq!(names, expected.iter().map(|(name, _)| *name).collect::<Vec<_>>());
        for (row, (name, value)) in rows.iter().zip(expected) {
            let shown = number(&row[at + 1]);
            assert!(
                is_about(shown, value),
                "{accounts} accounts, {name}: {shown} stands there, {value} follows"
            );
        }
    }
}

/// A number that is off by more than its last digit is found.
#[test]
fn a_number_that_does_not_follow_is_seen() {
    assert!(is_about(1_230.0, 1_234.0) && is_about(0.5, 0.5));
    assert!(!is_about(1_200.0, 1_234.0) && !is_about(0.0, 0.5));
    assert!((number("1,234.5 MB") - 1_234.5).abs() < f64::EPSILON);
}

/// The unit and the manifests give a process what so many accounts need.
#[test]
fn the_limits_that_are_handed_out_hold_the_accounts_of_a_process() {
    let given = given(&page());
    let unit =
        fs_err::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/thor-cutover.service"));
    let unit = unit.unwrap();
    let limit = |key: &str| {
        let line = unit.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('=')).unwrap();
        number(line)
    };
    let accounts = given["accounts of a process"];
    assert!(limit("TasksMax") >= accounts * given["threads of an account"] * 1.5, "threads");
    assert!(limit("LimitNOFILE") >= accounts * given["open files of an account"] * 1.5, "open files");
    let memory = given["memory of a process"] + accounts * given["memory of an account"];
    assert!(limit("MemoryMax") >= memory * 1.25, "memory: {memory} MB");
}

/// The configuration that the loads are of is the built-in one.
#[test]
fn the_assumed_requests_are_those_of_the_contract() {
    let settings = of_text("contract = \"thor-a\"", Path::new("thor-cutover.toml")).unwrap();
    let answers: f64 = settings.features.iter().map(|it| 1.0 / it.rest.every.as_secs_f64()).sum();
    let given = given(&page());
    assert!(is_about(given["answers by the contract"], answers), "{answers} a second");
    assert!(given["answers of an account"] >= answers, "fewer were measured than are asked for");
}
