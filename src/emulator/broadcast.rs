//! What one tick sends and when each frame is due, with the faults of the way applied. Sans-IO.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use super::fault::{Fault, FaultSide, Planted, PlayedFeature};
use super::shape::message;
use super::spoil;
use super::world::{World, WorldStep};
use crate::model::time::Nanos;

/// What every socket gets.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Frame {
    Text(PlayedFeature, Utf8Bytes),
    /// 1006: the connection just ends.
    Close(u16),
}

/// Frames on their way, the earliest due first, equal ones in the order they were made.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    waiting: BTreeMap<(Nanos, u64), Frame>,
    made: u64,
    /// Messages made so far of each feature, for "one in so many".
    ordinals: BTreeMap<PlayedFeature, u64>,
}

/// The messages of one step before any fault: snapshots of what moves always, events of what changed.
pub fn messages(world: &World, step: &WorldStep, now: Timestamp) -> Vec<(PlayedFeature, Value)> {
    let dialect = world.dialect;
    let mut messages = vec![
        (PlayedFeature::AccountBalance, message::account_balance(&world.account, dialect, now)),
        (PlayedFeature::Positions, message::positions(&world.account, &world.positions, dialect, now)),
    ];
    let bars = step.closed_bars.iter().map(|bar| message::intraday_bar(bar, dialect));
    messages.extend(bars.map(|bar| (PlayedFeature::Intraday, bar)));
    let market = step.turned_market.and_then(|index| message::market_change(world, index, now));
    messages.extend(market.map(|market| (PlayedFeature::GlobalMarket, market)));
    messages
}

/// What is nobody's business here: another account, and a future of another country, as Thor's one global
/// group shows them to everybody.
pub(super) fn foreign(world: &World, now: Timestamp) -> Vec<(PlayedFeature, Value)> {
    let (account, dialect) = (&world.other_account, world.dialect);
    let held = world.positions.get(..1).unwrap_or_default();
    let mut messages = vec![
        (PlayedFeature::AccountBalance, message::account_balance(account, dialect, now)),
        (PlayedFeature::Positions, message::positions(account, held, dialect, now)),
    ];
    messages.extend(world.tape.newest("YM").map(|bar| {
        let mut bar = message::intraday_bar(bar, dialect);
        bar["data"]["country"] = Value::from("Japan");
        bar["data"]["symbol"] = Value::from("ES");
        (PlayedFeature::Intraday, bar)
    }));
    messages
}

impl Outbox {
    /// Takes one message; returns how many frames it will become.
    pub fn take(
        &mut self,
        (feature, mut message): (PlayedFeature, Value),
        planted: &[Planted],
        (now, tick): (Nanos, Duration),
    ) -> usize {
        let ordinal = self.ordinals.entry(feature).or_default();
        *ordinal += 1;
        let fates = fates(planted, feature, *ordinal, (now, tick));
        if planted.iter().any(|planted| planted.fault == Fault::HandlerMissing { feature }) {
            self.put(now, Frame::Close(1011));
            return 0;
        }
        if fates.is_empty() || !spoil::payload(planted, (feature, FaultSide::WebSocket), None, &mut message) {
            return 0;
        }
        let text = Utf8Bytes::from(message.to_string());
        for delay in &fates {
            self.put(now + *delay, Frame::Text(feature, text.clone()));
        }
        fates.len()
    }

    pub fn put(&mut self, due: Nanos, frame: Frame) {
        self.waiting.insert((due, self.made), frame);
        self.made += 1;
    }

    pub fn next_due(&self) -> Option<Nanos> {
        self.waiting.keys().next().map(|(due, _)| *due)
    }

    /// The next frame whose time has come.
    pub fn pop(&mut self, now: Nanos) -> Option<Frame> {
        let first = self.waiting.first_entry().filter(|entry| entry.key().0 <= now)?;
        Some(first.remove())
    }
}

/// The delays after which a message goes out: none, once, twice.
fn fates(
    planted: &[Planted],
    feature: PlayedFeature,
    ordinal: u64,
    (now, tick): (Nanos, Duration),
) -> Vec<Duration> {
    let mut fates = vec![Duration::ZERO];
    let nth = |one_in: u32| ordinal.is_multiple_of(u64::from(one_in.max(1)));
    for each in planted {
        match &each.fault {
            Fault::Silent { feature: of, after } if *of == feature && each.reached(*after, now) => {
                fates.clear()
            }
            Fault::Mute { after } if each.reached(*after, now) => fates.clear(),
            Fault::Dropped { feature: of, one_in } if *of == feature && nth(*one_in) => fates.clear(),
            Fault::Late { feature: of, by } if *of == feature => {
                fates.iter_mut().for_each(|delay| *delay += *by)
            }
            Fault::Duplicated { feature: of } if *of == feature => fates.extend_from_within(..),
            Fault::Reordered { feature: of, one_in } if *of == feature && nth(*one_in) => {
                fates.iter_mut().for_each(|delay| *delay += tick * 3 / 2);
            }
            _ => {}
        }
    }
    fates
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const NOW: Nanos = Nanos(10_000_000_000);
    const TICK: Duration = Duration::from_millis(100);

    fn fates_of(fault: Fault, ordinal: u64) -> Vec<Duration> {
        fates(&[Planted::new(fault, Nanos::ZERO)], PlayedFeature::Positions, ordinal, (NOW, TICK))
    }

    #[test]
    fn each_fault_of_the_way_has_its_fate() {
        let feature = PlayedFeature::Positions;
        let once = vec![Duration::ZERO];
        let by = Duration::from_secs(3);
        assert_eq!(fates_of(Fault::Silent { feature, after: Duration::from_secs(9) }, 1), []);
        assert_eq!(fates_of(Fault::Silent { feature, after: Duration::from_secs(11) }, 1), once);
        assert_eq!(
            fates_of(Fault::Silent { feature: PlayedFeature::Intraday, after: Duration::ZERO }, 1),
            once
        );
        assert_eq!(fates_of(Fault::Dropped { feature, one_in: 3 }, 3), []);
        assert_eq!(fates_of(Fault::Dropped { feature, one_in: 3 }, 4), once);
        assert_eq!(fates_of(Fault::Late { feature, by }, 1), [by]);
        assert_eq!(fates_of(Fault::Duplicated { feature }, 1), [Duration::ZERO; 2]);
        assert_eq!(fates_of(Fault::Mute { after: Duration::ZERO }, 1), []);
    }

    #[test]
    fn a_reordered_message_leaves_after_its_successor() {
        let feature = PlayedFeature::Positions;
        let planted = [Planted::new(Fault::Reordered { feature, one_in: 2 }, Nanos::ZERO)];
        let mut outbox = Outbox::default();
        for number in 1..=3_u64 {
            let now = NOW + TICK * number as u32;
            outbox.take((feature, json!({ "n": number })), &planted, (now, TICK));
        }
        let end = NOW + TICK * 10;
        let order: Vec<String> = std::iter::from_fn(|| outbox.pop(end))
            .map(|frame| match frame {
                Frame::Text(_, text) => text.to_string(),
                Frame::Close(code) => code.to_string(),
            })
            .collect();
        assert_eq!(order, [r#"{"n":1}"#, r#"{"n":3}"#, r#"{"n":2}"#]);
    }

    #[test]
    fn nothing_leaves_before_its_time() {
        let feature = PlayedFeature::Positions;
        let planted = [Planted::new(Fault::Late { feature, by: Duration::from_secs(2) }, Nanos::ZERO)];
        let mut outbox = Outbox::default();
        assert_eq!(outbox.take((feature, json!({})), &planted, (NOW, TICK)), 1);
        assert_eq!(outbox.pop(NOW + Duration::from_millis(1_999)), None);
        assert_eq!(outbox.next_due(), Some(NOW + Duration::from_secs(2)));
        assert!(outbox.pop(NOW + Duration::from_secs(2)).is_some());
    }
}
