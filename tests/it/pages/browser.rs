//! Both pages in a headless Chromium, at three widths, in light and dark. `scripts/browser-env` prepares it.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::month::tool;
use super::{Tool, hostile_recording};

/// Where the browser is; `None`, said loudly, where there is none, and in CI a failure.
pub fn chromium(root: &Path) -> Option<PathBuf> {
    let prepared = Command::new(root.join("scripts/browser-env")).output().unwrap();
    if !prepared.status.success() {
        let why = String::from_utf8_lossy(&prepared.stderr).into_owned();
        assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "scripts/browser-env: {why}");
        writeln!(std::io::stderr().lock(), "SKIPPED: there is no browser to try it with: {why}").unwrap();
        return None;
    }
    let named = std::env::var_os("CHROMIUM").map(PathBuf::from);
    let paths = std::env::var_os("PATH").unwrap_or_default();
    named.or_else(|| std::env::split_paths(&paths).map(|it| it.join("chromium")).find(|it| it.is_file()))
}

fn look(root: &Path, chromium: &Path, pictures: &Path, pages: &[PathBuf]) -> Vec<serde_json::Value> {
    let output = Command::new("node")
        .arg(root.join("fixtures/browser/open.mjs"))
        .args([chromium, pictures])
        .args(pages)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_browser_has_nothing_to_complain_of_in_light_and_dark_at_every_width() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let Some(chromium) = chromium(&root) else { return };
    let month = tool();
    month.run(&["report", "--format", "html", "--output", "cutover.html"]).exits(0);
    let run = Tool::new();
    hostile_recording(&run);
    run.run(&["replay", "run.ndjson", "--format", "html", "--output", "run.html"]).exits(1);
    let empty = Tool::new();
    empty.run(&["report", "--format", "html", "--output", "empty.html"]).exits(0);
    let pages =
        [month.path().join("cutover.html"), run.path().join("run.html"), empty.path().join("empty.html")];
    let pictures = root.join("target/pages");
    std::fs::create_dir_all(&pictures).unwrap();
    for page in &pages {
        std::fs::copy(page, pictures.join(page.file_name().unwrap())).unwrap();
    }
    let seen = look(&root, &chromium, &pictures, &pages);
    assert_eq!(seen.len(), pages.len() * 2 * 3);
    for view in &seen {
        let about = format!("{} {} {}", view["file"], view["colorScheme"], view["width"]);
        assert_eq!(view["said"], serde_json::json!([]), "{about}: the console");
        assert_eq!(view["asked"], serde_json::json!([]), "{about}: requests");
        assert_eq!(view["serious"], serde_json::json!([]), "{about}: axe");
        assert_eq!(view["scripts"], 0, "{about}: a script is in the page");
        assert!(
            view["overflow"].as_i64().unwrap() <= 0,
            "{about}: wider than the window: {}",
            view["overflow"]
        );
        assert_eq!(view["small"], 0, "{about}: letters of a chart that cannot be read");
        let is_dark = view["colorScheme"] == "dark";
        assert_eq!(view["background"] != "rgb(255, 255, 255)", is_dark, "{about}: {}", view["background"]);
        if view["file"] != "empty" {
            let text = view["text"].as_str().unwrap();
            assert!(text.contains("<script>alert(1)</script>"), "{about}: what was planted is not text");
        }
    }
}
