//! Claims about configuration: precedence, merging, places in errors, the built-in contracts.

use std::path::Path;

use thor_cutover::cli::Global;
use thor_cutover::contract;
use thor_cutover::environment::Environment;
use thor_cutover::error::{Error, ErrorKind};
use thor_cutover::json::number::Tolerance;
use thor_cutover::model::feature::{BUILT_IN, Carries, Compare, Delivery, Origin};
use thor_cutover::settings::{Settings, load};

fn environment(folder: &Path) -> Environment {
    Environment { folder: folder.to_owned(), ..Environment::default() }
}

fn with_file(toml: &str) -> Result<Settings, Error> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs_err::write(folder.path().join("thor-cutover.toml"), toml).expect("a file in it");
    load(&Global::default(), &environment(folder.path()))
}

/// The message and hint of a configuration that must be refused as a usage error.
fn refused(toml: &str) -> (String, String) {
    let error = with_file(toml).expect_err("the configuration must be refused");
    assert_eq!(error.kind, ErrorKind::Usage, "{error}");
    (error.to_string(), error.hint.unwrap_or_default())
}

#[test]
fn an_empty_folder_has_settings() {
    let folder = tempfile::tempdir().unwrap();
    let settings = load(&Global::default(), &environment(folder.path())).unwrap();
    assert_eq!(settings.contract, "thor-a");
    assert_eq!(settings.backend.rest_url.as_str(), "http://localhost:8000/");
    assert_eq!(settings.backend.ws_url.as_str(), "ws://localhost:8000/ws/");
    assert_eq!(settings.backend.origin, "http://localhost:8000");
    let names: Vec<_> = settings.features.iter().map(|feature| feature.name.as_str()).collect();
    assert_eq!(names, BUILT_IN);
    assert_eq!(settings.sessions[0].open, jiff::civil::time(9, 30, 0, 0));
    assert_eq!(settings.features[0].sessions, ["us-regular"]);
    assert_eq!(settings.features[3].sessions, ["us-regular", "tokyo", "london"]);
    assert_eq!(settings.warnings, Vec::<String>::new());
    assert!(settings.evidence.store.ends_with(".thor-cutover/evidence.db"), "{}", settings.evidence.store);
    assert_eq!(settings.evidence.max_age.as_secs(), 14 * 86_400);
}

#[test]
fn the_built_in_contracts_hold_together() {
    for name in ["thor-a", "thor-b"] {
        let features = contract::built_in(name);
        let names: Vec<_> = features.iter().map(|feature| feature.name.as_str()).collect();
        assert_eq!(names, BUILT_IN, "{name}");
        for feature in &features {
            assert!(!feature.endpoints.is_empty() && !feature.ws.is_empty(), "{name} {}", feature.name);
            assert!(
                feature.rules.iter().all(|rule| rule.origin == Origin::BuiltIn),
                "{name} {}",
                feature.name
            );
        }
    }
    assert!(contract::built_in("none").is_empty());
    let a = contract::built_in("thor-a");
    assert_eq!((a[0].rest.auth, a[1].rest.auth, a[2].rest.auth, a[3].rest.auth), (true, true, false, false));
    assert_eq!(a[2].rest_staleness.as_secs(), 120);
    assert_eq!(a[2].rest.for_each["symbol"], ["ES", "YM"]);
    assert_eq!((a[3].carries(), a[3].delivery()), (Carries::Upsert, Delivery::OnChange));
    let b = contract::built_in("thor-b");
    assert_eq!((b[3].carries(), b[3].delivery()), (Carries::Snapshot, Delivery::OnChange));
    assert_eq!(b[3].ws[0].types, ["global_markets_tick"]);
}

#[test]
fn options_beat_environment_beats_file_beats_contract() {
    let folder = tempfile::tempdir().unwrap();
    fs_err::write(
        folder.path().join("thor-cutover.toml"),
        "[backend]\nrest_url = \"https://file.example/thor/\"\norigin = \"https://file.example\"\n",
    )
    .unwrap();
    let mut environment = environment(folder.path());
    let settings = load(&Global::default(), &environment).unwrap();
    assert_eq!(settings.backend.rest_url.as_str(), "https://file.example/thor");
    assert_eq!(settings.backend.ws_url.as_str(), "wss://file.example/thor/ws/");
    environment.variables.insert("THOR_CUTOVER_REST_URL".into(), "http://env.example:1".into());
    environment.variables.insert("THOR_CUTOVER_CONTRACT".into(), "thor-b".into());
    let settings = load(&Global::default(), &environment).unwrap();
    assert_eq!(settings.backend.rest_url.as_str(), "http://env.example:1/");
    assert_eq!(settings.backend.origin, "https://file.example");
    assert_eq!(settings.contract, "thor-b");
    let global = Global { rest_url: Some("http://option.example".into()), ..Global::default() };
    let settings = load(&global, &environment).unwrap();
    assert_eq!(settings.backend.rest_url.as_str(), "http://option.example/");
}

#[test]
fn what_is_typed_is_relative_to_where_it_is_typed() {
    let folder = tempfile::tempdir().unwrap();
    let below = folder.path().join("below");
    fs_err::create_dir(&below).unwrap();
    fs_err::write(folder.path().join("thor-cutover.toml"), "[evidence]\nstore = \"sqlite:e.db\"\n").unwrap();
    let mut environment = environment(&below);
    let stored = |settings: Settings| settings.evidence.store;
    let in_file = stored(load(&Global::default(), &environment).unwrap());
    assert_eq!(in_file, format!("sqlite:{}", folder.path().join("e.db").display()));
    let global = Global { evidence: Some("sqlite:e.db".into()), ..Global::default() };
    assert_eq!(
        stored(load(&global, &environment).unwrap()),
        format!("sqlite:{}", below.join("e.db").display())
    );
    environment.variables.insert("THOR_CUTOVER_SOURCE".into(), "thor".into());
    let settings = load(&Global::default(), &environment).unwrap();
    assert_eq!(settings.source.root, Some(below.join("thor")));
}

#[test]
fn the_nearest_file_upwards_is_found_and_paths_are_relative_to_it() {
    let folder = tempfile::tempdir().unwrap();
    let below = folder.path().join("a/b");
    fs_err::create_dir_all(&below).unwrap();
    fs_err::write(folder.path().join("thor-cutover.toml"), "[flags]\nenv_files = [\"deploy/.env\"]\n")
        .unwrap();
    let settings = load(&Global::default(), &environment(&below)).unwrap();
    assert_eq!(settings.root, folder.path());
    assert_eq!(settings.flags.env_files, [folder.path().join("deploy/.env")]);
}

/// As in /etc/thor-cutover: what nobody wrote down is where Thor is.
#[test]
fn flags_that_are_not_written_down_are_looked_for_in_thors_tree() {
    let folder = tempfile::tempdir().unwrap();
    let text = "[source]\nroot = \"thor\"\n[flags]\ncompose_files = [\"compose.yaml\"]\n";
    fs_err::write(folder.path().join("thor-cutover.toml"), text).unwrap();
    let flags = load(&Global::default(), &environment(folder.path())).unwrap().flags;
    assert_eq!(flags.env_files, [folder.path().join("thor/.env")]);
    assert_eq!(flags.frontend_env_files[0], folder.path().join("thor/thor-frontend/.env"));
    assert_eq!(flags.compose_files, [folder.path().join("compose.yaml")], "this one is");
}

#[test]
fn tables_merge_per_key_and_arrays_replace() {
    let settings = with_file(
        "[features.positions]\nrest_only = [\"/id\"]\nws = { every = \"3s\" }\n\n\
         [[features.positions.rules]]\nfield = \"/quantity\"\ncompare = \"decimal\"\nscale = 4\nreason = \"DRF\"\n",
    )
    .unwrap();
    let positions = &settings.features[1];
    assert_eq!(positions.rest_only.len(), 1);
    assert_eq!(positions.ws[0].types, ["positions", "position"]);
    assert_eq!(positions.every().as_secs(), 3);
    let rule = &positions.rules[0];
    assert_eq!(rule.compare, Compare::Decimal { tolerance: Tolerance::Scale(4) });
    assert_eq!(rule.origin, Origin::File("thor-cutover.toml".into(), 5));
}

#[test]
fn replacing_built_in_rules_is_said() {
    let settings =
        with_file("[[features.global_market.rules]]\nfield = \"/status\"\ncompare = \"text\"\n").unwrap();
    let warning = settings.warnings.join("\n");
    assert!(
        warning.contains("thor-cutover.toml:1") && warning.contains("/market_status/next_open_at"),
        "{warning}"
    );
}

#[test]
fn several_ws_tables_are_several_sources() {
    let settings = with_file(
        "[[features.positions.ws]]\ntypes = [\"positions\"]\nselect = \"/data/positions\"\n\
         [[features.positions.ws]]\ntypes = [\"position\"]\nselect = \"/data\"\ncarries = \"upsert\"\n",
    )
    .unwrap();
    assert_eq!(settings.features[1].ws.len(), 2);
    assert_eq!(settings.features[1].ws[1].carries, Carries::Upsert);
}

#[test]
fn a_pinned_account_goes_into_paths_and_filters() {
    let settings = with_file("[backend]\naccount_id = 7\n").unwrap();
    let [balance, positions, intraday, _] = &settings.features[..] else { panic!("four features") };
    assert_eq!(balance.rest.path, "/api/accounts/balance/?account_id=7");
    assert_eq!(positions.rest.path, "/api/actandpos/positions?account_id=7");
    assert_eq!(positions.ws[0].filter["/data/account_id"], "7");
    assert!(!intraday.rest.path.contains("account_id"));
    let settings = with_file(
        "[backend]\naccount_id = 7\n[features.positions]\nrest.path = \"/x?account_id=1\"\n\
         ws.filter = { \"/data/account_id\" = \"PAPER\" }\n",
    )
    .unwrap();
    assert_eq!(settings.features[1].rest.path, "/x?account_id=1");
    assert_eq!(settings.features[1].ws[0].filter["/data/account_id"], "PAPER");
}

#[test]
fn an_own_feature_needs_its_keys_and_then_works() {
    let (message, hint) = refused("\n[features.orders]\nrest.path = \"/api/orders\"\n");
    assert_eq!(
        message,
        "thor-cutover.toml:2: feature `orders` is not built in and lacks rest.select, ws.types, key"
    );
    assert!(hint.contains("account_balance"), "{hint}");
    let settings = with_file(
        "[features.orders]\nrest = { path = \"/api/orders\", select = \"/orders\" }\nws.types = [\"orders\"]\nkey = [\"/id\"]\n",
    )
    .unwrap();
    let orders = settings.features.last().unwrap();
    assert_eq!((orders.name.as_str(), orders.order), ("orders", 5));
    assert_eq!(orders.flag, "WS_FEATURE_ORDERS");
    assert_eq!(orders.ws[0].select.to_string(), "/data");
}

/// One of the two is the contract's, which nobody can change.
#[test]
fn of_two_features_in_one_place_the_users_own_is_named() {
    for name in ["apples", "zebras"] {
        let toml = format!(
            "\n[features.{name}]\norder = 2\nkey = [\"/s\"]\nrest = {{ path = \"/api/x\", select = \"\", every = \"1s\" }}\n\
             ws = {{ types = [\"x\"], select = \"/data\", every = \"1s\" }}\n"
        );
        let (message, _) = refused(&toml);
        assert!(message.contains("thor-cutover.toml:3") && message.contains("same order 2"), "{message}");
    }
}

#[test]
fn what_cannot_be_is_refused_where_it_is_written() {
    for (toml, message, hint) in [
        (
            "[backend]\nrest_ulr = \"x\"\n",
            "thor-cutover.toml:2: unknown key `rest_ulr`",
            "did you mean `rest_url`?",
        ),
        ("contract = \"thor-c\"\n", "thor-cutover.toml:1: unknown contract \"thor-c\"", "thor-a"),
        ("a = \n", "thor-cutover.toml:1: ", ""),
        (
            "[features.postions]\norder = 9\n",
            "thor-cutover.toml:1: feature `postions`",
            "did you mean `positions`?",
        ),
        (
            "[features.positions]\n\nrest.evry = \"1s\"\n",
            "thor-cutover.toml:3: unknown key `evry`",
            "`every`",
        ),
        (
            "[features.positions]\nrest.every = \"10ms\"\n",
            "thor-cutover.toml:2: `every` is at least 50ms",
            "",
        ),
        ("[features.positions]\nrest.every = \"soon\"\n", "thor-cutover.toml:2: not a duration", ""),
        (
            "[features.positions]\n\npush_delay = \"10\"\n",
            "thor-cutover.toml:3: not a duration: \"10\"; write \"10s\"",
            "",
        ),
        (
            "[features.positions]\nrest.every = 5\n",
            "thor-cutover.toml:2: expected a string, found integer `5`",
            "",
        ),
        (
            "[features.positions]\nkey = [\"symbol\"]\n",
            "thor-cutover.toml:2: a JSON Pointer starts with '/'",
            "",
        ),
        ("[features.positions]\norder = 1\n", "have the same order 1", "its own order"),
        (
            "[features.positions]\nrest_only = [\n\"/id\",\n\"/symbol\"]\n",
            "thor-cutover.toml:4: `/symbol` is part",
            "",
        ),
        (
            "[features.positions]\nrest.path = \"/x/{id}\"\n",
            "thor-cutover.toml:2: `{id}` has no values",
            "for_each",
        ),
        (
            "[features.positions]\nws.carries = \"snapshots\"\n",
            "thor-cutover.toml:2: unknown value",
            "\"snapshot\"",
        ),
        ("[features.positions]\nws.types = []\n", "thor-cutover.toml:2: `types` names at least one", ""),
        (
            "[[features.positions.rules]]\nfield = \"/a\"\ncompare = \"ignore\"\n",
            "thor-cutover.toml:1: the rule",
            "reason",
        ),
        ("[[features.positions.rules]]\nfield = \"/a\"\ntolerance = 0.01\n", "gives no reason", "reason"),
        (
            "[[features.positions.rules]]\nfield = \"/a\"\ncompare = \"exact\"\nscale = 2\nreason = \"x\"\n",
            "`scale` means nothing",
            "",
        ),
        (
            "[[features.positions.rules]]\nfield = \"/symbol\"\ncompare = \"ignore\"\nreason = \"x\"\n",
            "part of the key",
            "",
        ),
        (
            "[[features.positions.rules]]\nfield = \"/a\"\ncompare = \"derived\"\nformula = \"(b - c\"\n",
            "not a formula",
            "parentheses",
        ),
        (
            "[[features.positions.rules]]\nfield = \"/a\"\n[[features.positions.rules]]\nfield = \"/a\"\n",
            "thor-cutover.toml:3: a second rule",
            "",
        ),
        (
            "[backend]\nrest_url = \"localhost:8000\"\n",
            "thor-cutover.toml:2: `rest_url` is not an http(s) URL",
            "http://",
        ),
        ("[backend]\nrest_url = \"http://me:pw@h\"\n", "carries a user name", "[auth]"),
        ("[backend]\nheaders = { Authorization = \"x\" }\n", "is a secret", "[auth]"),
        ("[evidence]\nstore = \"mysql:x\"\n", "thor-cutover.toml:2: not an evidence store", "sqlite:"),
        ("[thresholds]\nmax_torn = 2\n", "is a share between 0 and 1", ""),
        ("[thresholds]\nmin_samples = 0\n", "at least 1", ""),
        (
            "[[session]]\nname = \"x\"\ntime_zone = \"Mars/Base\"\nopen = \"09:00\"\nclose = \"10:00\"\nfeatures = []\n",
            "thor-cutover.toml:3: ",
            "IANA",
        ),
        (
            "[[session]]\nname = \"x\"\ntime_zone = \"UTC\"\nopen = \"09:00\"\nclose = \"10:00\"\nfeatures = [\"position\"]\n",
            "thor-cutover.toml:6: unknown feature `position`",
            "`positions`",
        ),
    ] {
        let (got, got_hint) = refused(toml);
        assert!(got.contains(message), "{toml}\nexpected: {message}\ngot: {got}");
        assert!(got_hint.contains(hint), "{toml}\nexpected hint: {hint}\ngot: {got_hint}");
        assert!(!got.contains("me:pw"), "a secret in: {got}");
    }
}

#[test]
fn a_file_that_is_named_and_absent_is_a_usage_error() {
    let folder = tempfile::tempdir().unwrap();
    let global = Global { config: Some("no.toml".into()), ..Global::default() };
    let error = load(&global, &environment(folder.path())).unwrap_err();
    assert_eq!(error.exit_code(), 2);
    assert!(error.to_string().contains("no.toml"), "{error}");
}

#[test]
fn suspicious_settings_are_warned_about() {
    let settings = with_file("[backend]\nws_url = \"ws://elsewhere:8000/ws\"\n").unwrap();
    let warnings = settings.warnings.join("\n");
    assert!(warnings.contains("no slash at its end") && warnings.contains("elsewhere"), "{warnings}");
    let folder = tempfile::tempdir().unwrap();
    let mut environment = environment(folder.path());
    environment.variables.insert("THOR_CUTOVER_REST_ULR".into(), "x".into());
    let settings = load(&Global::default(), &environment).unwrap();
    assert!(settings.warnings[0].contains("did you mean THOR_CUTOVER_REST_URL?"), "{:?}", settings.warnings);
}

#[test]
fn an_unknown_feature_is_a_usage_error_with_the_nearest_name() {
    let settings = with_file("").unwrap();
    let error = settings.select(&["acount_balance".to_owned()]).unwrap_err();
    assert_eq!(error.exit_code(), 2);
    assert_eq!(error.hint.as_deref(), Some("did you mean `account_balance`?"));
    let chosen = settings.select(&["intraday".to_owned(), "positions".to_owned()]).unwrap();
    let names: Vec<_> = chosen.iter().map(|feature| feature.name.as_str()).collect();
    assert_eq!(names, ["positions", "intraday"]);
    assert_eq!(settings.select(&[]).unwrap().len(), 4);
    assert!(with_file("contract = \"none\"\n").unwrap().select(&[]).is_err());
}

#[test]
fn the_digest_covers_what_judges_and_nothing_else() {
    let plain = contract::built_in("thor-a");
    let digest = contract::digest(&plain);
    assert_eq!(digest.len(), 64);
    let mut same = plain.clone();
    same.reverse();
    same[0].timers.push("OtherJob".into());
    same[0].rest_only.reverse();
    same[0].rules[0].origin = Origin::File("x.toml".into(), 3);
    assert_eq!(contract::digest(&same), digest);
    let mut other = plain.clone();
    other[0].rest_only.pop();
    assert_ne!(contract::digest(&other), digest);
    let mut other = plain.clone();
    other[3].rules.pop();
    assert_ne!(contract::digest(&other), digest);
    assert_ne!(contract::digest_one(&plain[0]), contract::digest_one(&plain[1]));
}

#[test]
fn the_documented_example_is_a_configuration() {
    let global = Global { config: Some("thor-cutover.toml".into()), ..Global::default() };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/config-every-key");
    let settings = load(&global, &environment(&folder)).unwrap();
    assert_eq!(settings.warnings, Vec::<String>::new());
    assert_eq!(settings.auth.login.unwrap().username_env, "THOR_USER");
    assert_eq!(settings.sessions.len(), 1);
    assert_eq!(settings.sessions[0].holidays, [jiff::civil::date(2026, 11, 26)]);
    let positions = &settings.features[1];
    assert_eq!(positions.key.len(), 1);
    assert_eq!(positions.ws[0].filter["/data/account_id"], "1");
    assert_eq!(positions.rules[0].reason.as_deref(), Some("DRF sends decimals as strings"));
}
