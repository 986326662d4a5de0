//! docs/limits.md against the code: each row names a constant that has its value, and a test that is there.

use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// A limit's amount, without its unit.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Amount {
    /// Bytes, or things.
    Count(i128),
    Nanoseconds(i128),
    Share(f64),
}

/// A row of one of the page's tables.
struct Row {
    what: String,
    limit: String,
    place: String,
    name: String,
    tests: Vec<String>,
}

fn rows(page: &str) -> Vec<Row> {
    let mut rows = Vec::new();
    for line in page.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| what ")) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [what, limit, _, code, tests] = cells[..] else { panic!("not five cells: {line}") };
        let quoted = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
        let [place, name] = &quoted(code)[..] else { panic!("a file and a name: {line}") };
        rows.push(Row {
            what: what.to_owned(),
            limit: limit.to_owned(),
            place: place.clone(),
            name: name.clone(),
            tests: quoted(tests),
        });
    }
    rows
}

/// `16 MiB`, `1,000`, `50 ms`, `20 %`.
fn shown(text: &str) -> Amount {
    let (number, unit) = text.split_once(' ').unwrap_or((text, ""));
    let number = number.replace(',', "");
    if unit == "%" {
        return Amount::Share(number.parse().unwrap_or_else(|_| panic!("no number: {text}")));
    }
    let number: i128 = number.parse().unwrap_or_else(|_| panic!("no number: {text}"));
    let second = 1_000_000_000;
    match unit {
        "" => Amount::Count(number),
        "KiB" => Amount::Count(number << 10),
        "MiB" => Amount::Count(number << 20),
        "GiB" => Amount::Count(number << 30),
        "KB" => Amount::Count(number * 1_000),
        "GB" => Amount::Count(number * 1_000_000_000),
        "ms" => Amount::Nanoseconds(number * 1_000_000),
        "s" => Amount::Nanoseconds(number * second),
        "min" => Amount::Nanoseconds(number * 60 * second),
        "h" => Amount::Nanoseconds(number * 3_600 * second),
        "d" => Amount::Nanoseconds(number * 86_400 * second),
        _ => panic!("no unit: {text}"),
    }
}

/// What a constant, or a key of a file of defaults, is in the sources.
fn declared(place: &str, name: &str) -> Amount {
    let text = std::fs::read_to_string(root().join("src").join(place))
        .unwrap_or_else(|error| panic!("{place}: {error}"));
    if place.ends_with(".toml") {
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.trim().strip_prefix('='));
        let value = line.unwrap_or_else(|| panic!("{place} has no {name}")).trim().trim_matches('"');
        let unit = value.trim_start_matches(|c: char| c.is_ascii_digit());
        return shown(format!("{} {unit}", &value[..value.len() - unit.len()]).trim_end());
    }
    let begin = format!("const {name}: ");
    let at = text.find(&begin).unwrap_or_else(|| panic!("{place} declares no {name}"));
    let (kind, value) = text[at + begin.len()..].split_once('=').unwrap();
    let value = value.split_once(';').unwrap().0.trim();
    if kind.trim() == "f64" {
        return Amount::Share(value.parse().unwrap());
    }
    for (unit, nanoseconds) in [
        ("from_millis(", 1_000_000),
        ("from_secs(", 1_000_000_000),
        ("from_mins(", 60_000_000_000),
        ("from_hours(", 3_600_000_000_000),
    ] {
        if let Some((_, inside)) = value.split_once(unit) {
            return Amount::Nanoseconds(product(inside.trim_end_matches(')')) * nanoseconds);
        }
    }
    Amount::Count(product(value))
}

/// `16 << 20`, `90 * 86_400`, `20_000`.
fn product(text: &str) -> i128 {
    let number =
        |text: &str| text.trim().replace('_', "").parse::<i128>().unwrap_or_else(|_| panic!("{text}"));
    match text.split_once("<<") {
        Some((number_, shift)) => number(number_) << number(shift),
        None => text.split('*').map(number).product(),
    }
}

/// Where a test's module is: among the linked tests, or beside the code.
fn test_is_there(path: &str) -> bool {
    let (module, name) = path.rsplit_once("::").unwrap_or_else(|| panic!("no path of a test: {path}"));
    let module = module.replace("::", "/");
    let files = ["tests/it", "src"].into_iter().flat_map(|folder| {
        let base = root().join(folder).join(&module);
        [base.with_extension("rs"), base.join("mod.rs")]
    });
    let declares =
        |file: &Path| std::fs::read_to_string(file).is_ok_and(|text| text.contains(&format!("fn {name}(")));
    files.into_iter().any(|file| declares(&file))
}

#[test]
fn every_limit_on_the_page_is_the_codes_and_has_a_test() {
    let page = std::fs::read_to_string(root().join("docs/limits.md")).unwrap();
    let rows = rows(&page);
    assert!(rows.len() >= 50, "only {} limits were found", rows.len());
    let mut wrong = Vec::new();
    for row in &rows {
        let (page, code) = (shown(&row.limit), declared(&row.place, &row.name));
        if page != code {
            wrong.push(format!(
                "{}: the page says {}, {} of {} is {code:?}",
                row.what, row.limit, row.name, row.place
            ));
        }
        if row.tests.is_empty() {
            wrong.push(format!("{}: no test is named", row.what));
        }
        wrong.extend(
            row.tests
                .iter()
                .filter(|test| !test_is_there(test))
                .map(|test| format!("{}: no test {test}", row.what)),
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn amounts_are_read_as_they_are_written() {
    assert_eq!(shown("16 MiB"), Amount::Count(product("16 << 20")));
    assert_eq!(shown("1,000"), Amount::Count(product("1_000")));
    assert_eq!(shown("90 d"), Amount::Nanoseconds(product("90 * 86_400") * 1_000_000_000));
    assert_eq!(declared("settings/defaults.toml", "max_age"), shown("14 d"));
    assert_ne!(declared("json/cursor.rs", "MAX_DEPTH"), shown("65"));
}
