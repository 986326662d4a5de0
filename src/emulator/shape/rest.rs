//! REST bodies of the four features and their neighbours.
//!
//! Model serializers write decimals as strings of fixed scale, hand-built dicts as floats; one body has both.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{aware, market};
use crate::emulator::world::book::{Account, Position};
use crate::emulator::world::tape::{Bar, COUNTRY};
use crate::emulator::world::{Dialect, World};

/// `/api/accounts/balance/`: a hand-built dict.
pub fn balance(world: &World, account: &Account) -> Value {
    json!({
        "account_id": account.broker_account_id,
        "net_liquidation": account.net_liq.float(),
        "equity": account.net_liq.float(),
        "cash": account.cash.float(),
        "buying_power": account.buying_power().float(),
        "day_trade_bp": account.day_trade_bp().float(),
        "source": "db",
        "updated_at": aware(world.stepped_at),
    })
}

/// `/api/actandpos/positions`: model serializers.
pub fn positions(world: &World, account: &Account) -> Value {
    let held: &[Position] = if account.id == world.account.id { &world.positions } else { &[] };
    json!({ "account": account_row(account), "positions": held.iter().map(position).collect::<Vec<_>>() })
}

/// `/api/actandpos/activity/today`: the same, orders, and the same money once more as floats.
pub fn activity(world: &World, account: &Account) -> Value {
    let mut body = positions(world, account);
    body["working_orders"] = json!([]);
    body["filled_orders"] = json!([]);
    body["canceled_orders"] = json!([]);
    body["account_status"] = json!({
        "ok_to_trade": true,
        "net_liq": account.net_liq.float(),
        "day_trading_buying_power": account.day_trade_bp().float(),
    });
    body
}

fn account_row(account: &Account) -> Value {
    json!({
        "id": account.id,
        "broker": account.broker,
        "broker_account_id": account.broker_account_id,
        "account_number": account.number,
        "display_name": account.display_name,
        "currency": "USD",
        "net_liq": account.net_liq.text(),
        "cash": account.cash.text(),
        "starting_balance": account.starting_balance.text(),
        "current_cash": account.cash.text(),
        "equity": account.net_liq.text(),
        "stock_buying_power": account.buying_power().text(),
        "option_buying_power": account.cash.text(),
        "day_trading_buying_power": account.day_trade_bp().text(),
        "ok_to_trade": true,
    })
}

fn position(position: &Position) -> Value {
    json!({
        "id": position.id,
        "symbol": position.symbol,
        "description": position.description,
        "asset_type": position.asset_type,
        "quantity": position.quantity.text(),
        "avg_price": position.avg_price.text(),
        "mark_price": position.mark_price.text(),
        "market_value": position.market_value().text(),
        "unrealized_pl": position.unrealized_pl().text(),
        "pl_percent": position.pl_percent().text(),
        "realized_pl_open": position.realized_pl_open.text(),
        "realized_pl_day": position.realized_pl_day.text(),
        "currency": "USD",
    })
}

/// `/api/session?market=…&future=…`: the newest closed bar, null where there is none.
pub fn session(world: &World, country: &str, future: &str) -> Value {
    let bar = world.tape.newest(future).filter(|_| country == COUNTRY);
    json!({ "market": country, "future": future, "intraday_latest": bar.map(bar_values) })
}

/// The values of a bar, the same in REST and in a message.
pub fn bar_values(bar: &Bar) -> Value {
    json!({
        "open": bar.open.float(),
        "high": bar.high.float(),
        "low": bar.low.float(),
        "close": bar.close.float(),
        "volume": bar.volume,
        "spread": bar.spread.map(|spread| spread.float()),
    })
}

/// `/api/global-markets/markets/`: a page of model rows (state A) or a bare array (state B).
pub fn markets(world: &World, now: Timestamp) -> Value {
    match world.dialect {
        Dialect::A => {
            let mut rows: Vec<_> = world.markets.iter().collect();
            rows.sort_by_key(|market| market.listing.country);
            let rows: Vec<Value> = rows.into_iter().map(|market| market::page_row(market, now)).collect();
            json!({ "count": rows.len(), "next": null, "previous": null, "results": rows })
        }
        Dialect::B => world.markets.iter().map(market::bare_row).collect(),
    }
}

/// `/api/global-markets/markets/live_status/`, state A.
pub fn live_status(world: &World, now: Timestamp) -> Value {
    let rows: Vec<Value> = world.markets.iter().map(|market| market::full_status(market, now)).collect();
    let usa_open = world.markets.iter().any(|market| market.listing.country == COUNTRY && market.is_open());
    json!({ "us_market_open": usa_open, "total_markets": rows.len(), "markets": rows })
}

/// `/api/intraday/health`: `as_of` and the lag differ on every read.
pub fn intraday_health(world: &World, now: Timestamp) -> Value {
    let last = world.tape.newest("ES").map(|bar| bar.minute);
    let lag = last.map(|last| now.duration_since(last).as_secs_f64() / 60.0);
    json!({
        "as_of": aware(now),
        "threshold_minutes": 5,
        "markets": [{
            "market": COUNTRY,
            "last_bar_utc": last.map(aware),
            "lag_minutes": lag,
            "threshold_minutes": 5,
            "status": if lag.is_some_and(|lag| lag <= 5.0) { "green" } else { "red" },
        }],
    })
}

/// `/api/feed/quotes/snapshot/?symbols=ES,YM`.
pub fn quotes(world: &World, symbols: &str, now: Timestamp) -> Value {
    let seconds = now.as_microsecond() as f64 / 1e6;
    let quotes: Vec<Value> = symbols
        .split(',')
        .filter_map(|symbol| world.tape.newest(symbol))
        .map(|bar| json!({ "symbol": bar.symbol, "last": bar.close.float(), "timestamp": seconds }))
        .collect();
    json!({ "count": quotes.len(), "quotes": quotes, "source": "redis_snapshot" })
}
