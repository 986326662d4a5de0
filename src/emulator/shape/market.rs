//! A market's row in each of the shapes Thor knows, volatile clocks and countdown included.

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use serde_json::{Value, json};

use super::aware;
use crate::emulator::world::exchanges::Market;

/// State A: stored fields, and two things that differ on every read.
pub fn page_row(market: &Market, now: Timestamp) -> Value {
    let listing = market.listing;
    json!({
        "id": market.id,
        "country": listing.country,
        "display_name": listing.display_name,
        "timezone_name": listing.time_zone,
        "market_open_time": listing.opens,
        "market_close_time": listing.closes,
        "status": market.status(),
        "is_active": market.is_active,
        "currency": listing.currency,
        "weight": listing.weight.text(),
        "is_control_market": true,
        "current_time": local_clock(market, now),
        "market_status": full_status(market, now),
        "sort_order": market.id - 1,
        "created_at": aware(market.created_at).replace("+00:00", "Z"),
        "updated_at": aware(market.status_changed_at).replace("+00:00", "Z"),
    })
}

/// State B: a hand-built dict without anything volatile.
pub fn bare_row(market: &Market) -> Value {
    let listing = market.listing;
    json!({
        "id": market.id,
        "key": listing.key,
        "name": listing.display_name,
        "display_name": listing.display_name,
        "country": listing.country,
        "timezone_name": listing.time_zone,
        "market_open_time": listing.opens,
        "market_close_time": listing.closes,
        "is_active": market.is_active,
        "sort_order": market.id - 1,
        "status": market.status(),
        "status_changed_at": aware(market.status_changed_at),
        "next_transition_utc": aware(market.next_transition()),
    })
}

/// Status, clock and place, as `live_status` and state A's rows have it.
pub fn full_status(market: &Market, now: Timestamp) -> Value {
    let mut status = computed_status(market, now);
    status["country"] = json!(market.listing.country);
    status["timezone"] = json!(market.listing.time_zone);
    status["current_time"] = local_clock(market, now);
    status
}

/// What Thor computes from the clock; `seconds_to_next_event` falls as time passes.
pub fn computed_status(market: &Market, now: Timestamp) -> Value {
    let open = market.is_open();
    json!({
        "market_open": &market.listing.opens[..5],
        "market_close": &market.listing.closes[..5],
        "is_in_trading_hours": open,
        "status": market.status(),
        "should_collect_data": open,
        "current_state": market.state.as_str(),
        "next_open_at": offset_text(&local(market, market.next_open_at)),
        "next_close_at": offset_text(&local(market, market.next_close_at)),
        "next_event": if open { "close" } else { "open" },
        "seconds_to_next_event": market.next_transition().duration_since(now).as_secs(),
        "is_holiday_today": false,
    })
}

fn local_clock(market: &Market, now: Timestamp) -> Value {
    let local = local(market, now);
    let text = |format: &str| local.strftime(format).to_string();
    json!({
        "datetime": text("%Y-%m-%dT%H:%M:%S.%6f%:z"),
        "year": local.year(),
        "month": local.month(),
        "date": local.day(),
        "day": text("%a"),
        "day_number": local.weekday().to_monday_zero_offset(),
        "time": text("%H:%M:%S"),
        "formatted_12h": text("%I:%M:%S %p"),
        "formatted_24h": text("%H:%M:%S"),
        "timestamp": now.as_microsecond() as f64 / 1e6,
        "utc_offset": text("%z"),
        "dst_active": local.time_zone().to_offset_info(now).dst().is_dst(),
    })
}

fn offset_text(moment: &Zoned) -> String {
    moment.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

/// The market's local time; UTC where the machine has no time zone database.
fn local(market: &Market, moment: Timestamp) -> Zoned {
    moment.to_zoned(TimeZone::get(market.listing.time_zone).unwrap_or(TimeZone::UTC))
}
