//! Connections that break, hang, and come back.

use std::time::Duration;

use thor_cutover::emulator::Options;
use thor_cutover::model::observation::Event;
use thor_cutover::observe::websocket::Patience;

use super::{Line, count};
use crate::observe::Setup;
use crate::proxy::Spoil;

#[tokio::test]
async fn cuts_are_gaps_in_the_report_and_never_findings() {
    let line = Line::to_a_moving_thor(Options::default()).await;
    let running = line.observe(&["account_balance"], 20);
    for cut in 1..=4 {
        for _ in 0..250 {
            if line.proxy.sockets() >= cut {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        tokio::time::sleep(Duration::from_secs(2)).await;
        line.proxy.cut();
    }
    let report = running.await.unwrap();
    assert_ne!(report["verdict"], "no-go", "{report:#}");
    let connection = &report["connection"];
    assert_eq!(connection["closes"]["1006"], 4, "{connection:#}");
    assert_eq!(connection["gaps"].as_array().unwrap().len(), 4, "{connection:#}");
    assert!(connection["blind_seconds"].as_f64().unwrap() > 0.5, "{connection:#}");
}

#[tokio::test]
async fn a_server_that_goes_mute_is_stalled_and_not_excused() {
    let line = Line::to_a_moving_thor(Options::default()).await;
    // every frame is lost from now on, while the connection and REST live
    let running = line.observe(&["account_balance"], 50);
    tokio::time::sleep(Duration::from_secs(6)).await;
    line.proxy.spoil(Spoil { drop_one_in: 1, ..Spoil::default() });
    let report = running.await.unwrap();
    assert_eq!(report["verdict"], "no-go", "{report:#}");
    assert!(count(&report, "stalled") > 0, "{report:#}");
    assert_eq!(report["connection"]["reconnects"], 0);
}

/// Half-open: the peer is gone, and TCP does not know.
#[tokio::test]
async fn a_connection_without_any_sign_of_life_is_given_up() {
    let line = Line::to_a_moving_thor(Options::default()).await;
    let mut setup = Setup::at(&line.proxy.rest_url(), &line.proxy.ws_url());
    setup.backend.origin = "http://127.0.0.1".to_owned();
    setup.patience = Patience { idle: Duration::from_millis(400), pings: 3 };
    let mut watcher = setup.begin().await.unwrap();
    watcher.until("message", |event| matches!(event, Event::Message(_))).await;
    line.proxy.spoil(Spoil { stall: true, ..Spoil::default() });
    let closed = watcher.closed(1006).await;
    assert!(matches!(closed.event, Event::Closed { reason, .. } if reason.contains("no answer to 3 pings")));
    line.proxy.spoil(Spoil::default());
    watcher.until_count("open", 2, |event| *event == Event::Open).await;
}

/// A pause in the stream that pings are answered in is no end of it.
#[tokio::test]
async fn a_quiet_server_that_answers_pings_stays_connected() {
    let options = Options { tick: Duration::from_secs(3600), ..Options::default() };
    let emulator = thor_cutover::emulator::Emulator::start(options).unwrap();
    let mut setup = Setup::at(&emulator.rest_url(), &emulator.ws_url());
    setup.patience = Patience { idle: Duration::from_millis(200), pings: 1 };
    let mut watcher = setup.begin().await.unwrap();
    watcher
        .until_count("pong", 5, |event| matches!(event, Event::Message(text) if text.contains("pong")))
        .await;
    assert!(watcher.seen.iter().all(|seen| !matches!(seen.event, Event::Closed { .. })));
}

#[tokio::test]
async fn tokens_that_expire_all_the_time_do_not_show() {
    let options = Options { access_lifetime: Duration::from_secs(1), ..Options::default() };
    let line = Line::to_a_moving_thor(options).await;
    let report = line.observe(&["account_balance"], 10).await.unwrap();
    assert_eq!(
        (&report["verdict"], &report["features"][0]["rest_errors"]),
        (&"go".into(), &0.into()),
        "{report:#}"
    );
}
