//! Claims about flags: Thor's parse rules, lossless env files, who is believed, what is contradictory.

use proptest::prelude::*;
use thor_cutover::contract;
use thor_cutover::environment::Environment;
use thor_cutover::flags::compose;
use thor_cutover::flags::declared::declared;
use thor_cutover::flags::dialect::EnvDialect;
use thor_cutover::flags::disagree::disagreements;
use thor_cutover::flags::env_file::EnvFile;
use thor_cutover::flags::rule::FlagReader;
use thor_cutover::model::facts::flags::{
    DisagreementKind, FlagFacts, FlagSide, FlagStatement, StatementKind,
};
use thor_cutover::settings::{EnvReader, FlagFiles};

#[test]
fn thor_reads_true_in_any_case_and_nothing_else() {
    for on in ["true", "True", "TRUE", "tRuE"] {
        assert!(FlagReader::Backend.is_on(on), "{on:?}");
        assert_eq!(FlagReader::Backend.doubt(on), None);
    }
    for off in ["1", "yes", "on", "Y", " true", "true ", "\"true\"", "t", "enabled", "ture"] {
        assert!(!FlagReader::Backend.is_on(off), "{off:?}");
        assert!(FlagReader::Backend.doubt(off).is_some(), "{off:?} deserves a warning");
    }
    for off in ["", "false", "False", "0", "no", "off"] {
        assert!(!FlagReader::Backend.is_on(off), "{off:?}");
        assert_eq!(FlagReader::Backend.doubt(off), None, "{off:?} is plainly off");
    }
}

#[test]
fn vite_reads_exactly_true_and_its_master_switch_more() {
    let vite = FlagReader::of("VITE_WS_FEATURE_POSITIONS");
    assert!(vite.is_on("true") && !vite.is_on("True") && !vite.is_on("1"));
    assert!(vite.doubt("True").is_some());
    let enabled = FlagReader::of("VITE_WS_ENABLED");
    for on in ["1", " TRUE ", "yes"] {
        assert!(enabled.is_on(on), "{on:?}");
    }
    assert!(!enabled.is_on("on") && enabled.doubt("on").is_some());
}

#[test]
fn an_env_file_reads_as_dotenv_does() {
    let text = "\u{feff}# head\nA=1\nexport B = two words # note\nC=\"x # y\" # z\nD='it''s'\nE=a#b\nF=\nG= # none\n\
                H=\"line one\nWS_FEATURE_POSITIONS=true\n\"\nnot an assignment\nA=2\r\nI=\"a\\\"b\\n\"\n";
    let file = EnvFile::parse(text);
    assert_eq!(file.to_string(), text);
    assert_eq!(EnvFile::parse_as("X=`false`#n\n", EnvDialect::Vite).set("X", "true"), "X=`true`#n\n");
    for (name, value) in [
        ("A", "2"),
        ("B", "two words"),
        ("C", "x # y"),
        ("D", "'it''s'"),
        ("E", "a#b"),
        ("F", ""),
        ("G", ""),
        ("H", "line one\nWS_FEATURE_POSITIONS=true\n"),
        ("I", "a\"b\n"),
    ] {
        assert_eq!(file.get(name).as_deref(), Some(value), "{name}");
    }
    assert_eq!(file.get("WS_FEATURE_POSITIONS"), None, "it is inside a quoted value");
    assert_eq!(file.find("A").map(|entry| entry.line), Some(13));
}

/// The table was written by the readers themselves: fixtures/readers/env_files.py.
#[test]
fn an_env_file_says_what_its_own_reader_makes_of_it() {
    let table = include_str!("../../fixtures/readers/env_files.json");
    let rows: Vec<serde_json::Value> = serde_json::from_str(table).unwrap();
    let mut wrong = Vec::new();
    for row in &rows {
        for (dialect, reader) in [(EnvDialect::Dotenv, "python-dotenv"), (EnvDialect::Vite, "vite")] {
            let file = EnvFile::parse_as(row["text"].as_str().unwrap(), dialect);
            let value = file.get_expanded("FLAG", &|_| None);
            if value.as_deref() != row[reader].as_str() {
                wrong.push(format!("{}: {reader} says {}, not {value:?}", row["case"], row[reader]));
            }
            assert_eq!(file.to_string(), row["text"], "lossless as {reader}");
        }
    }
    assert!(rows.len() >= 48 && wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What compose-go's parser does, by its rules: no program that has it is at hand for the tests.
#[test]
fn an_env_file_reads_as_compose_does() {
    for (text, value) in [
        ("FLAG: true\n", Some("true")),
        ("FLAG:true\n", Some("true")),
        ("FLAG=true#note\n", Some("true#note")),
        ("FLAG=true #note\n", Some("true")),
        ("FLAG=true\t#note\n", Some("true\t#note")),
        ("ON=true\nFLAG=$ON\n", Some("true")),
        ("ON=true\nFLAG='$ON'\n", Some("$ON")),
        ("ON=true\nFLAG=\"${ON}\"\n", Some("true")),
        ("ON=true\nFLAG=\"\\$ON\"\n", Some("$ON")),
        ("FLAG=$$ON\n", Some("$ON")),
        ("FLAG=${ON}\nON=true\n", Some("")),
        ("FLAG='it\\'s'\n", Some("it's")),
        ("FLAG=`true`\n", Some("`true`")),
        ("FLAG\n", None),
    ] {
        let file = EnvFile::parse(text);
        assert_eq!(file.get_expanded("FLAG", &|_| None).as_deref(), value, "{text:?}");
        assert_eq!(file.refused(), None, "{text:?}");
    }
    let around = |name: &str| (name == "ON").then(|| "true".to_owned());
    let file = EnvFile::parse("ON=false\nFLAG=$ON\n");
    assert_eq!(file.get_expanded("FLAG", &around).as_deref(), Some("true"), "the environment counts first");
    for (text, line) in [("A=1\nnot an assignment\n", 2), ("A=1\n\nB=\"open\n", 3)] {
        assert_eq!(EnvFile::parse(text).refused(), Some(line), "{text:?}");
    }
}

#[test]
fn a_file_that_its_readers_take_differently_is_said() {
    let facts = heard(&[(".env", "WS_FEATURE_POSITIONS: true\nWS_FEATURE_INTRADAY=true#x\n")], &[]);
    let said = facts.statements.iter().find(|it| it.name == "WS_FEATURE_POSITIONS").unwrap();
    assert!(said.on);
    let warning = said.warning.as_deref().unwrap();
    assert!(warning.contains("Compose reads it as on, python-dotenv as off"), "{warning}");
    let facts = heard(&[(".env", "nonsense here\nWS_FEATURE_POSITIONS=true\n")], &[]);
    assert!(facts.warnings.join("\n").contains(".env:1: no assignment"), "{:?}", facts.warnings);
}

#[test]
fn what_another_mode_of_vite_says_is_found_and_does_not_count() {
    let facts = heard(
        &[
            ("front.env", "VITE_WS_FEATURE_POSITIONS=false\n"),
            (".env.development", "VITE_WS_FEATURE_POSITIONS=true#now\n"),
            (".env.example", "VITE_WS_FEATURE_POSITIONS=true\n"),
        ],
        &[],
    );
    assert!(!facts.is_on("VITE_WS_FEATURE_POSITIONS"));
    let warnings = facts.warnings.join("\n");
    assert!(
        warnings.contains(".env.development:1: VITE_WS_FEATURE_POSITIONS is on in mode development only"),
        "{warnings}"
    );
    assert!(!warnings.contains("example"), "{warnings}");
}

#[test]
fn an_edit_touches_one_value_only() {
    for (before, after) in [
        ("X=false\n", "X=true\n"),
        ("# X=true\nX=false # why\r\nY=1\r\n", "# X=true\nX=true # why\r\nY=1\r\n"),
        ("export X = 'false'\t# q\n", "export X = 'true'\t# q\n"),
        ("X=\" true\"\n", "X=\"true\"\n"),
        ("X=1\nX=2\n", "X=1\nX=true\n"),
        ("X=# c\n", "X=true\n"),
        ("X= # c\n", "X=true # c\n"),
        ("X=", "X=true"),
        ("", "X=true\n"),
        ("A=1", "A=1\nX=true\n"),
        ("A=1\r\n", "A=1\r\nX=true\r\n"),
        ("export A=1\n", "export A=1\nexport X=true\n"),
        ("XX=1\nX.=2\n", "XX=1\nX.=2\nX=true\n"),
        // cut off in the middle of a line's ending
        ("A=1\r", "A=1\r\nX=true\r\n"),
        ("A='1'\r", "A='1'\r\nX=true\r\n"),
    ] {
        assert_eq!(EnvFile::parse(before).set("X", "true"), after, "from {before:?}");
    }
}

/// The text of `X` ends the quote that `A` opens: without it `A` would go on to the quote of `B`, over the new value.
#[test]
fn a_value_that_ends_a_quote_stays_and_the_new_one_follows() {
    let text = "A=\"open\nX=y\" z\nB=\"\n";
    for dialect in [EnvDialect::Compose, EnvDialect::Dotenv, EnvDialect::Vite] {
        let edited = EnvFile::parse_as(text, dialect).set("X", "true");
        assert_eq!(edited, format!("{text}X=true\n"), "{dialect:?}");
        let after = EnvFile::parse_as(&edited, dialect);
        assert_eq!(after.get("X").as_deref(), Some("true"), "{dialect:?}");
        assert_eq!(after.set("X", "true"), edited, "{dialect:?}");
    }
}

/// Values whose quotes are closed.
fn whole_value() -> impl Strategy<Value = String> {
    prop_oneof!["[ a-z#=\\\\$]{0,9}", "\"[a-z #\n]{0,6}\"", "'[a-z \"]{0,5}'", "true"]
}

/// Values as careless people leave them.
fn any_value() -> impl Strategy<Value = String> {
    prop_oneof![whole_value(), "[ a-z#=\"'\\\\$]{0,9}"]
}

fn file(value: impl Strategy<Value = String>, other: &'static str) -> impl Strategy<Value = String> {
    let name = prop_oneof!["[A-C]", "[A-Z_]{1,6}", "x-1"];
    let assignment =
        (prop_oneof!["", " ", "export ", "\u{feff}"], name, "[ ]{0,2}=[ \t]{0,2}", value, "( #c)?")
            .prop_map(|(lead, name, equals, value, tail)| format!("{lead}{name}{equals}{value}{tail}"));
    let line = prop_oneof![4 => assignment, 1 => "#.{0,8}", 1 => "[ \t]{0,3}", 1 => other];
    let lines = prop::collection::vec((line, prop_oneof!["\n", "\r\n"]), 0..12);
    (lines, any::<bool>()).prop_map(|(lines, closed)| {
        let mut text: String =
            lines.iter().flat_map(|(line, ending)| [line.as_str(), ending.as_str()]).collect();
        if !closed {
            text.truncate(text.trim_end_matches(['\r', '\n']).len());
        }
        text
    })
}

proptest! {
    #[test]
    fn any_text_comes_out_as_it_went_in(text in file(any_value(), ".{0,12}")) {
        prop_assert_eq!(EnvFile::parse(&text).to_string(), text);
    }

    #[test]
    fn an_edited_file_says_the_new_value_and_every_other_as_before(
        text in file(whole_value(), "[^\"'=\n]{0,12}"), name in "[A-C]", value in prop_oneof!["true", "false", ".{0,12}", "[ #\"'\\\\$\n]{0,6}"]
    ) {
        let before = EnvFile::parse(&text);
        let edited = before.set(&name, &value);
        let after = EnvFile::parse(&edited);
        prop_assert_eq!(after.get(&name), Some(value), "in {:?}", edited);
        for entry in before.entries().filter(|entry| entry.name != name) {
            prop_assert_eq!(after.get(&entry.name), before.get(&entry.name), "in {:?}", edited);
        }
        let lines_before = text.lines().filter(|line| line.trim_start().starts_with('#')).count();
        let lines_after = edited.lines().filter(|line| line.trim_start().starts_with('#')).count();
        prop_assert!(lines_after >= lines_before || before.find(&name).is_some_and(|it| it.raw.contains('\n')));
    }

    #[test]
    fn editing_twice_is_editing_once(text in file(whole_value(), "[^\"'=\n]{0,12}"), value in "true|false") {
        let once = EnvFile::parse(&text).set("A", &value);
        prop_assert_eq!(EnvFile::parse(&once).set("A", &value), once);
    }
}

#[test]
fn a_compose_file_declares_for_its_services() {
    let text = "x-flags: &flags\n  WS_FEATURE_INTRADAY: \"true\"\nservices:\n  web:\n    image: thor\n    environment:\n      \
                <<: *flags\n      WS_FEATURE_POSITIONS: true\n      WS_FEATURE_GLOBAL_MARKET: ${GM:-false}\n      PASSED:\n  \
                worker:\n    environment:\n      - WS_FEATURE_POSITIONS=yes\n      - PASSED\n    env_file:\n      - a.env\n      \
                - path: b.env\n        required: false\n  db:\n    image: postgres\n";
    let services = compose::services(text).unwrap();
    let [web, worker] = &services[..] else { panic!("two services declare something: {services:?}") };
    let value =
        |name: &str| web.environment.iter().find(|it| it.name == name).and_then(|it| it.value.clone());
    assert_eq!(value("WS_FEATURE_POSITIONS").as_deref(), Some("true"));
    assert_eq!(value("WS_FEATURE_INTRADAY").as_deref(), Some("true"));
    assert_eq!(value("PASSED"), None);
    assert_eq!(web.environment[0].line, 8);
    assert_eq!(worker.environment[0].value.as_deref(), Some("yes"));
    assert_eq!(worker.env_files.iter().map(|it| it.required).collect::<Vec<_>>(), [true, false]);
    assert!(compose::services("services: [\n").is_err());
    assert_eq!(compose::services("").unwrap(), []);
}

#[test]
fn compose_values_are_interpolated() {
    let variables = [("SET".to_owned(), "true".to_owned()), ("EMPTY".to_owned(), String::new())].into();
    for (value, result) in [
        ("$SET", "true"),
        ("${SET}", "true"),
        ("${EMPTY:-x}", "x"),
        ("${EMPTY-x}", ""),
        ("${UNSET:-false}", "false"),
        ("${SET:+on}", "on"),
        ("a$$b", "a$b"),
        ("$", "$"),
        ("${open", "${open"),
        ("${UNSET}", ""),
    ] {
        assert_eq!(compose::interpolated(value, &variables), result, "{value}");
    }
}

/// What the files of a folder and an environment declare, under contract A.
fn heard(files: &[(&str, &str)], variables: &[(&str, &str)]) -> FlagFacts {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, text) in files {
        fs_err::write(folder.path().join(name), text).expect("a file in it");
    }
    let environment = Environment {
        folder: folder.path().to_owned(),
        variables: variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        ..Environment::default()
    };
    let join = |names: &[&str]| names.iter().map(|name| folder.path().join(name)).collect();
    let files = FlagFiles {
        env_files: join(&[".env"]),
        env_reader: EnvReader::Compose,
        frontend_env_files: join(&["front.env", "front.env.local"]),
        compose_files: join(&["compose.yaml"]),
        served_url: None,
    };
    declared(&contract::built_in("thor-a"), &files, &environment)
}

fn spoken(facts: &FlagFacts) -> Vec<(&str, &str, bool)> {
    facts.statements.iter().map(|it| (it.source.as_str(), it.name.as_str(), it.on)).collect()
}

#[test]
fn the_stronger_source_counts() {
    let facts = heard(
        &[
            (".env", "WS_FEATURE_POSITIONS=true\n"),
            ("web.env", "WS_FEATURE_INTRADAY=True\n"),
            (
                "compose.yaml",
                "services:\n  web:\n    env_file: web.env\n    environment:\n      WS_FEATURE_POSITIONS: 'false'\n",
            ),
        ],
        &[("WS_FEATURE_ACCOUNT_BALANCE", "true")],
    );
    assert_eq!(
        spoken(&facts),
        [
            ("process environment", "WS_FEATURE_ACCOUNT_BALANCE", true),
            ("compose.yaml:5 (web)", "WS_FEATURE_POSITIONS", false),
            ("web.env:1 (env_file of web)", "WS_FEATURE_INTRADAY", true),
            (".env:1", "WS_FEATURE_POSITIONS", true),
        ]
    );
    assert!(!facts.is_on("WS_FEATURE_POSITIONS"));
    assert!(facts.is_on("WS_FEATURE_INTRADAY"));
    let positions = &contract::built_in("thor-a")[1];
    let kinds: Vec<_> = disagreements(positions, &facts).iter().map(|it| it.kind).collect();
    assert_eq!(kinds, [DisagreementKind::Declared]);
}

#[test]
fn of_vites_files_the_later_overrides_without_a_fuss() {
    let facts = heard(
        &[
            ("front.env", "VITE_WS_FEATURE_POSITIONS=false\n"),
            ("front.env.local", "VITE_WS_FEATURE_POSITIONS=true\n"),
            (".env", "WS_FEATURE_POSITIONS=true\n"),
        ],
        &[],
    );
    assert!(facts.is_on("VITE_WS_FEATURE_POSITIONS"));
    assert_eq!(disagreements(&contract::built_in("thor-a")[1], &facts), []);
}

#[test]
fn backend_and_frontend_that_differ_are_named() {
    let facts = heard(
        &[(".env", "WS_FEATURE_POSITIONS=true\n"), ("front.env", "VITE_WS_FEATURE_INTRADAY=true\n")],
        &[],
    );
    let features = contract::built_in("thor-a");
    for (at, text) in [(1, "declared nowhere"), (2, "front.env:1")] {
        let found = disagreements(&features[at], &facts);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].kind, DisagreementKind::Sides);
        assert!(found[0].message.contains(text), "{}", found[0].message);
    }
    assert_eq!(disagreements(&features[0], &facts), []);
}

#[test]
fn one_frontend_flag_for_all_features_contradicts_nobody_while_it_is_on() {
    let features = contract::built_in("thor-b");
    let said = |name: &str| FlagStatement {
        source: "x".into(),
        kind: StatementKind::Declared,
        side: FlagReader::of(name).side(),
        name: name.into(),
        raw: Some("true".into()),
        on: true,
        warning: None,
    };
    let front = FlagFacts { statements: vec![said("VITE_WS_ENABLED")], ..FlagFacts::default() };
    assert!(features.iter().all(|feature| disagreements(feature, &front).is_empty()));
    let back = FlagFacts { statements: vec![said("WS_FEATURE_POSITIONS")], ..FlagFacts::default() };
    let found = disagreements(&features[1], &back);
    assert!(found[0].message.contains("off in production builds"), "{found:?}");
}

#[test]
fn a_compose_override_file_beats_the_file_it_overrides() {
    let folder = tempfile::tempdir().unwrap();
    for (name, on) in [("compose.yaml", "false"), ("compose.override.yaml", "true")] {
        let text = format!("services:\n  web:\n    environment:\n      WS_FEATURE_POSITIONS: '{on}'\n");
        fs_err::write(folder.path().join(name), text).unwrap();
    }
    let environment = Environment { folder: folder.path().to_owned(), ..Environment::default() };
    let settings = thor_cutover::settings::load(&Default::default(), &environment).unwrap();
    let facts = declared(&settings.features, &settings.flags, &environment);
    assert!(facts.is_on("WS_FEATURE_POSITIONS"), "{facts:?}");
}

#[test]
fn a_silent_process_says_off() {
    let mut facts = FlagFacts {
        statements: vec![FlagStatement {
            source: "process 7".into(),
            kind: StatementKind::Served,
            side: FlagSide::Backend,
            name: "WS_FEATURE_POSITIONS".into(),
            raw: None,
            on: false,
            warning: None,
        }],
        ..FlagFacts::default()
    };
    facts.extend(heard(&[(".env", "WS_FEATURE_POSITIONS=true\n")], &[]));
    assert!(!facts.is_on("WS_FEATURE_POSITIONS"));
    let found = disagreements(&contract::built_in("thor-a")[1], &facts);
    assert_eq!(found[0].kind, DisagreementKind::Running);
    assert!(found[0].fix.contains("restart"), "{}", found[0].fix);
}

#[test]
fn what_is_suspicious_in_a_file_is_said() {
    let facts = heard(
        &[
            (
                ".env",
                "WS_FEATURE_ACCOUNT_BALANCE=1\nWS_FEATURE_POSITIONS=\" true\"\nWS_FEATURE_INTRADAY='true'\n\
                 WS_FEATURE_GLOBAL_MARKET=false\nWS_FEATURE_GLOBAL_MARKET=true # now\nWS_FEATURE_POSITION=true\n",
            ),
            ("front.env", "WS_FEATURE_POSITIONS=true\n"),
            ("compose.yaml", "services:\n  web:\n    env_file: [gone.env]\n"),
        ],
        &[],
    );
    let warning = |name: &str| {
        let found = facts.statements.iter().find(|it| it.name == name).and_then(|it| it.warning.clone());
        found.unwrap_or_else(|| panic!("{name} deserves a warning: {:?}", facts.statements))
    };
    assert!(warning("WS_FEATURE_ACCOUNT_BALANCE").contains("looks on and is off"));
    assert!(warning("WS_FEATURE_POSITIONS").contains("does not trim"));
    assert!(warning("WS_FEATURE_INTRADAY").contains("quotes"));
    assert!(warning("WS_FEATURE_GLOBAL_MARKET").contains("lines 4, 5"));
    let warnings = facts.warnings.join("\n");
    for text in [
        "did you mean WS_FEATURE_POSITIONS?",
        "front.env:1: WS_FEATURE_POSITIONS is the backend's",
        "Python reads the process environment",
        "compose.yaml:3: env_file gone.env",
    ] {
        assert!(warnings.contains(text), "{text} in:\n{warnings}");
    }
    let found: Vec<_> = facts.sources.iter().map(|it| (it.name.as_str(), it.found)).collect();
    assert!(found.contains(&("front.env.local", false)) && found.contains(&(".env", true)), "{found:?}");
}

#[test]
#[cfg(target_os = "linux")]
fn a_process_shows_the_environment_it_was_started_with() {
    let mut child =
        std::process::Command::new("sleep").arg("30").env("WS_FEATURE_POSITIONS", "TRUE").spawn().unwrap();
    // between fork and exec the kernel shows no environment for a moment
    let facts = (0..200).find_map(|_| {
        let facts = thor_cutover::flags::of_process(child.id(), &contract::built_in("thor-a"));
        std::thread::sleep(std::time::Duration::from_millis(if facts.is_err() { 10 } else { 0 }));
        facts.ok()
    });
    child.kill().unwrap();
    child.wait().unwrap();
    let facts = facts.unwrap();
    assert!(facts.is_on("WS_FEATURE_POSITIONS") && !facts.is_on("WS_FEATURE_INTRADAY"));
    let gone = thor_cutover::flags::of_process(4_190_000, &contract::built_in("thor-a")).unwrap_err();
    assert!(gone.contains("no process"), "{gone}");
    assert!(std::path::Path::new("/proc").exists());
}
