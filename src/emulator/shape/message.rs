//! The WebSocket messages that the cutover adds: `{"type": …, "data": …}`, decimals as floats.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{market, rest, stamp};
use crate::emulator::world::book::{Account, Position};
use crate::emulator::world::exchanges::Market;
use crate::emulator::world::tape::{Bar, COUNTRY};
use crate::emulator::world::{Dialect, World};

pub fn account_balance(account: &Account, dialect: Dialect, now: Timestamp) -> Value {
    envelope(
        "account_balance",
        json!({
            "account_id": account.broker_account_id,
            "net_liquidation": account.net_liq.float(),
            "equity": account.net_liq.float(),
            "cash": account.cash.float(),
            "buying_power": account.buying_power().float(),
            "day_trade_bp": account.day_trade_bp().float(),
            "timestamp": stamp(now, dialect),
        }),
    )
}

pub fn positions(account: &Account, held: &[Position], dialect: Dialect, now: Timestamp) -> Value {
    envelope(
        "positions",
        json!({
            "account_id": account.broker_account_id,
            "positions": held.iter().map(position).collect::<Vec<_>>(),
            "timestamp": stamp(now, dialect),
        }),
    )
}

fn position(position: &Position) -> Value {
    json!({
        "symbol": position.symbol,
        "asset_type": position.asset_type,
        "quantity": position.quantity.float(),
        "avg_price": position.avg_price.float(),
        "mark_price": position.mark_price.float(),
        "market_value": position.market_value().float(),
        "unrealized_pl": position.unrealized_pl().float(),
        "pl_percent": position.pl_percent().float(),
        "realized_pl_open": position.realized_pl_open.float(),
        "realized_pl_day": position.realized_pl_day.float(),
        "currency": "USD",
    })
}

/// One closed bar of one future.
pub fn intraday_bar(bar: &Bar, dialect: Dialect) -> Value {
    let mut data = rest::bar_values(bar);
    data["country"] = json!(COUNTRY);
    data["symbol"] = json!(bar.symbol);
    data["timestamp_minute"] = json!(stamp(bar.minute, dialect));
    envelope("intraday_bar", data)
}

/// A status change: the one market in state A, all of them in state B.
pub fn market_change(world: &World, index: usize, now: Timestamp) -> Option<Value> {
    match world.dialect {
        Dialect::A => world.markets.get(index).map(|market| market_status(market, now)),
        Dialect::B => {
            let rows: Vec<Value> = world.markets.iter().map(market::bare_row).collect();
            let time = stamp(now, world.dialect);
            Some(envelope("global_markets_tick", json!({ "server_time_utc": time, "markets": rows })))
        }
    }
}

fn market_status(market: &Market, now: Timestamp) -> Value {
    let listing = market.listing;
    let mut computed = market::computed_status(market, now);
    let countdown = computed.as_object_mut().and_then(|fields| fields.remove("seconds_to_next_event"));
    envelope(
        "market_status",
        json!({
            "market_id": market.id,
            "country": listing.country,
            "display_name": listing.display_name,
            "timezone_name": listing.time_zone,
            "market_open_time": listing.opens,
            "market_close_time": listing.closes,
            "status": market.status(),
            "is_active": market.is_active,
            "currency": listing.currency,
            "weight": listing.weight.float(),
            "is_control_market": true,
            "sort_order": market.id - 1,
            "market_status": computed,
            "seconds_to_next_event": countdown,
        }),
    )
}

fn envelope(kind: &str, data: Value) -> Value {
    json!({ "type": kind, "data": data })
}
