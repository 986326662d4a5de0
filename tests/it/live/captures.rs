//! What the view looks like in a terminal that people use: tmux, at three sizes, with and without colour.
//!
//! `cargo test --test it live::captures -- --ignored` writes `fixtures/live/` anew; look at it before committing.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use thor_cutover::clock::Clock;
use thor_cutover::emulator::Fault;
use thor_cutover::model::time::Nanos;

use super::{Stage, a_cent_off, variables};

/// No scene takes longer to show.
const PATIENCE: Duration = Duration::from_secs(60);

/// A tmux server of our own.
struct Tmux {
    /// In the scene's own folder, gone with it.
    socket: PathBuf,
}

impl Drop for Tmux {
    fn drop(&mut self) {
        self.tmux(&["kill-server"]);
    }
}

impl Tmux {
    fn tmux(&self, arguments: &[&str]) -> String {
        let output = Command::new("tmux")
            .arg("-S")
            .arg(&self.socket)
            .args(["-f", "/dev/null"])
            .args(arguments)
            .output()
            .unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn start(stage: &Stage, name: &str, size: (u16, u16), color: bool) -> Self {
        let tmux = Self { socket: stage.path().join(name) };
        let color = if color { "always" } else { "never" };
        let variables: Vec<String> = variables("tmux-256color")
            .into_iter()
            .filter(|(name, _)| *name != "PATH")
            .map(|(name, value)| format!("{name}='{value}'"))
            .collect();
        let command = format!(
            "cd '{}' && {} '{}' shadow-diff --for 10m --every 200ms --no-evidence --color {color}",
            stage.path().display(),
            variables.join(" "),
            env!("CARGO_BIN_EXE_thor-cutover")
        );
        let (width, height) = (size.0.to_string(), size.1.to_string());
        tmux.tmux(&["new-session", "-d", "-x", &width, "-y", &height, &command]);
        tmux
    }

    /// The screen once it shows this, colours included.
    fn once(&self, shows: &dyn Fn(&str) -> bool) -> String {
        let clock = Clock::start();
        loop {
            let plain = self.tmux(&["capture-pane", "-p"]);
            if shows(&plain) {
                return self.tmux(&["capture-pane", "-p", "-e"]);
            }
            assert!(clock.now().since(Nanos::ZERO) < PATIENCE, "never shown:\n{plain}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

#[test]
#[ignore = "writes fixtures/live/ by way of tmux"]
fn every_scene_at_every_size() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/live");
    std::fs::create_dir_all(&folder).unwrap();
    let elapsed = |at_least: u32| {
        move |screen: &str| {
            let seconds = screen.split(" elapsed").next().and_then(|before| before.rsplit(':').next());
            seconds.and_then(|text| text.trim().parse::<u32>().ok()).is_some_and(|text| text >= at_least)
        }
    };
    let healthy = move |screen: &str| elapsed(30)(screen) && screen.contains("open for");
    let differs = |screen: &str| screen.contains("newest difference") && screen.contains("/mark_price");
    let down = |screen: &str| screen.contains("DOWN for");
    let again = |screen: &str| screen.contains("1 reconnect") && screen.contains("connected again");
    let close = || Fault::Close { code: 1006, after: Duration::from_secs(8) };
    let scenes: [(&str, Vec<Fault>, &[&str], Shows<'_>); 5] = [
        ("healthy", Vec::new(), &[], &healthy),
        ("divergence", vec![a_cent_off()], &["f"], &differs),
        ("divergence-in-full", vec![a_cent_off()], &["f", "d"], &differs),
        ("connection-down", vec![close(), Fault::Handshake { status: 404 }], &[], &down),
        ("reconnect", vec![close()], &["f"], &again),
    ];
    // one after the other: a machine with too much to do looks like a server with too little to say
    for (scene, faults, keys, shows) in scenes {
        for (name, screen) in capture(scene, faults, keys, shows) {
            std::fs::write(folder.join(name), screen).unwrap();
        }
    }
}

type Shows<'s> = &'s dyn Fn(&str) -> bool;

/// One scene at every size, as name of the file and what it holds.
fn capture(scene: &str, faults: Vec<Fault>, keys: &[&str], shows: Shows<'_>) -> Vec<(String, String)> {
    // the handshake is refused only once the view is there
    let (first, later): (Vec<_>, Vec<_>) =
        faults.into_iter().partition(|fault| !matches!(fault, Fault::Handshake { .. }));
    let stage = Stage::with(first);
    let mut shown = Vec::new();
    for (size, color) in
        [((60, 20), false), ((80, 24), false), ((80, 24), true), ((160, 50), false), ((160, 50), true)]
    {
        let name = format!("{scene}-{}x{}-{}", size.0, size.1, if color { "colour" } else { "plain" });
        shown.push((Tmux::start(&stage, &name, size, color), name, color));
    }
    for (tmux, ..) in &shown {
        tmux.once(&|screen| screen.contains("open for"));
    }
    later.into_iter().for_each(|fault| stage.emulator.plant(fault));
    let captured = shown.iter().map(|(tmux, name, color)| {
        for key in keys {
            tmux.tmux(&["send-keys", key]);
        }
        let screen = tmux.once(shows);
        let has_color = ('0'..='8').any(|hue| screen.contains(&format!("\u{1b}[3{hue}")));
        assert_eq!(has_color, *color, "{name}:\n{screen}");
        (format!("{name}.txt"), screen)
    });
    captured.collect()
}
